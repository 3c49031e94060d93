from itertools import groupby

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from products.models import Branch, OptionGroup, Product
from products.serializers.branches import BranchSerializer
from products.serializers.catalogue import CategorySerializer, OptionGroupSerializer, ProductSerializer


class MenuProductSerializer(ProductSerializer):
    option_groups = OptionGroupSerializer(many=True, read_only=True)

    def _group_ids(self, product: Product) -> list[dict]:
        """The groups themselves, which many products share: each is written once, in `menu_groups`.

        One that was made or deleted between two of the menu's queries is left to the next generation.
        """
        groups = self.context["menu_groups"]
        return [groups[group_id] for group_id in super()._group_ids(product) if group_id in groups]


class MenuCategorySerializer(CategorySerializer):
    products = MenuProductSerializer(many=True)

    class Meta(CategorySerializer.Meta):
        fields = [*CategorySerializer.Meta.fields, "products"]


class MenuSerializer(serializers.Serializer):
    """Everything a branch sells, at its prices: categories, their products, their option groups, their options."""

    branch = BranchSerializer()
    currency = serializers.ReadOnlyField(default=settings.CURRENCY)
    categories = MenuCategorySerializer(many=True)

    def to_representation(self, branch: Branch) -> dict:
        """In a constant number of queries."""
        products = Product.objects.at_branch(branch, timezone.now()).listed().by_category().select_related("category")
        groups = OptionGroupSerializer(OptionGroup.objects.prefetch_related("options"), many=True).data
        context = {**self.context, "menu_groups": {group["id"]: group for group in groups}}
        rows = MenuProductSerializer(products, many=True, context=context).data
        shown = groupby(zip(products, rows, strict=True), key=lambda pair: pair[0].category)
        return {
            "branch": BranchSerializer(branch).data,
            "currency": settings.CURRENCY,
            "categories": [
                {**CategorySerializer(category).data, "products": [row for _product, row in pairs]}
                for category, pairs in shown
            ],
        }
