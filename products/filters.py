import django_filters

from products.models import Branch, BranchProduct, Category, Product
from products.models.branches import BranchQuerySet
from products.models.catalogue import ProductQuerySet
from products.models.stock import BranchProductQuerySet
from products.models.translations import every_text
from rest.fields import id_from
from rest.filters import (
    BooleanFilter,
    FilterSet,
    IdFilter,
    MoneyFilter,
    PointFilter,
    SearchFilter,
    TiedOrderingFilter,
)


class CategoryFilter(FilterSet):
    search = SearchFilter(method="filter_search", help_text="Every word must occur in the name or description.")
    ordering = TiedOrderingFilter(fields={"position": "position", "shown_name": "name"})

    class Meta:
        model = Category
        fields = []

    def filter_search(self, categories, name: str, words: list[str]):
        categories = categories.alias(texts=every_text("name", "description"))
        for word in words:
            categories = categories.filter(texts__icontains=word)
        return categories


class BranchFilter(FilterSet):
    near = PointFilter(method="filter_near", help_text="`latitude,longitude`: adds `distance_m` and sorts by it.")

    class Meta:
        model = Branch
        fields = []

    def filter_near(self, branches: BranchQuerySet, name: str, point: tuple[float, float]) -> BranchQuerySet:
        return branches.nearest_to(*point)


class ProductFilter(FilterSet):
    search = SearchFilter(
        method="filter_search", help_text="Every word must occur in the name, the description or the category."
    )
    category = django_filters.CharFilter(method="filter_category", max_length=80, help_text="An id or a slug.")
    min_price = MoneyFilter(field_name="branch_price", lookup_expr="gte")
    max_price = MoneyFilter(field_name="branch_price", lookup_expr="lte")
    available = BooleanFilter(method="filter_available", help_text="Can it be had at the branch now?")
    ordering = TiedOrderingFilter(
        fields={"branch_price": "price", "shown_name": "name", "created_at": "created_at", "position": "position"}
    )

    class Meta:
        model = Product
        fields = []

    def filter_search(self, products: ProductQuerySet, name: str, words: list[str]) -> ProductQuerySet:
        return products.matching(words)

    def filter_available(self, products: ProductQuerySet, name: str, value: bool) -> ProductQuerySet:
        return products.available() if value else products.unavailable()

    def filter_category(self, products: ProductQuerySet, name: str, value: str) -> ProductQuerySet:
        """Digits are an id, and never the slug of another category."""
        by = {"category__slug": value} if id_from(value) is None else {"category": id_from(value)}
        return products.filter(**by)


class BranchProductFilter(FilterSet):
    branch = django_filters.CharFilter(field_name="branch__slug", max_length=80)
    product = IdFilter()
    is_low = BooleanFilter(method="filter_low", help_text="Has it no more than its `low_stock_threshold`?")

    class Meta:
        model = BranchProduct
        fields = []

    def filter_low(self, rows: BranchProductQuerySet, name: str, value: bool) -> BranchProductQuerySet:
        low = BranchProduct.objects.low()
        return rows.filter(pk__in=low) if value else rows.exclude(pk__in=low)
