"""Index of the existing rows by the names that cells use. New rows of the file are added as they come."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from products.exchange.cells import clean
from products.models import Branch, BranchProduct, Category, Ingredient, Option, OptionGroup, Product

SEPARATOR = ";"  # between the names in one cell
MOST_KNOWN = 10  # names told where one is not known


class Index:
    """Rows by their slug, or by `#id` where they have none, and by their name where only one has it."""

    def __init__(self, rows: Iterable[Model]):
        self.rows = list(rows)
        self.renew()

    def renew(self) -> None:
        """After names have changed."""
        self.by_key = {self._key(row): row for row in self.rows if self._key(row)}
        self.by_name: dict[str, list[Model]] = defaultdict(list)
        for row in self.rows:
            self.by_name[clean(row.name)].append(row)

    def add(self, row: Model) -> None:
        self.rows.append(row)
        self.by_name[clean(row.name)].append(row)
        if self._key(row):
            self.by_key[self._key(row)] = row

    def find(self, text: str) -> Model:
        """Raises ValidationError for what is not known, or is said of several."""
        named = self.by_name.get(text, [])
        if text in self.by_key or len(named) == 1:
            return self.by_key.get(text) or named[0]
        if named:
            keys = ", ".join(self._key(row) or "–" for row in named)
            raise ValidationError(_("Several have this name: write one of %s.") % keys)
        known = ", ".join(self.called(row) for row in self.rows[:MOST_KNOWN])
        raise ValidationError(_("There is nothing of this name. There are: %s.") % (known or "–"))

    def called(self, row: Model) -> str:
        """Reference to the row for a cell: by name only where nothing else can be meant."""
        slug = getattr(row, "slug", None)
        if slug is not None:
            return slug
        name = clean(row.name)
        is_plain = SEPARATOR not in name and not name.startswith("#") and len(self.by_name[name]) == 1
        return name if is_plain else self._key(row) or name

    def _key(self, row: Model) -> str:
        return getattr(row, "slug", None) or (f"#{row.pk}" if row.pk else "")


class Shop:
    """The rows that a file is about, all rows of what there are few of, and how they hang together."""

    def __init__(self, *, slugs: set[str] | None = None, is_locked: bool = False):
        """`slugs` are those of the products, None for all. Locked are all but the stock, which is selling."""
        lock = _locked if is_locked else _in_order
        self.categories = Index(lock(Category.objects.all()))
        self.ingredients = Index(lock(Ingredient.objects.all()))
        self.option_groups = Index(lock(OptionGroup.objects.all()))
        self.options = Index(lock(Option.objects.all()))
        products = Product.objects.all() if slugs is None else Product.objects.filter(slug__in=slugs)
        self.products = Index(lock(products))
        self.branches = Index(Branch.objects.order_by("pk"))
        self._join()
        self._join_differences(slugs)
        self._join_links()

    @cached_property
    def options_by_group(self) -> Counter:
        """Count the options of each group, new ones too; asked for when all are known."""
        return Counter(id(option.group) for option in self.options.rows)

    def _join(self) -> None:
        """Make one object of each row, so that `is` compares."""
        groups, categories = _by_id(self.option_groups.rows), _by_id(self.categories.rows)
        for option in self.options.rows:
            option.group = groups[option.group_id]
        for product in self.products.rows:
            product.category = categories[product.category_id]

    def _join_differences(self, slugs: set[str] | None) -> None:
        products, branches = _by_id(self.products.rows), _by_id(self.branches.rows)
        rows = BranchProduct.objects.order_by("branch", "product")
        if slugs is not None:
            rows = rows.filter(product__in=list(products))
        self.differences: dict[tuple[int, int], BranchProduct] = {}
        for row in rows:
            row.branch, row.product = branches[row.branch_id], products[row.product_id]
            self.differences[id(row.branch), id(row.product)] = row

    def _join_links(self) -> None:
        """`links[id(row), name]`: the rows that a product or an option is linked to."""
        self.links: dict[tuple[int, str], list[Model]] = defaultdict(list)
        for rows, name, others in (
            (self.products.rows, "option_groups", self.option_groups.rows),
            (self.products.rows, "ingredients", self.ingredients.rows),
            (self.options.rows, "ingredients", self.ingredients.rows),
        ):
            self._join_link(_by_id(rows), name, _by_id(others))

    def _join_link(self, rows: dict[int, Model], name: str, others: dict[int, Model]) -> None:
        if not rows:
            return
        field = type(next(iter(rows.values())))._meta.get_field(name)
        one, other = field.m2m_column_name(), field.m2m_reverse_name()
        pairs = field.remote_field.through.objects.filter(**{f"{one}__in": list(rows)}).order_by(other)
        for row_id, other_id in pairs.values_list(one, other):
            self.links[id(rows[row_id]), name].append(others[other_id])


def _in_order(rows: QuerySet) -> list[Model]:
    return list(rows.order_by("pk"))


def _locked(rows: QuerySet) -> list[Model]:
    return list(rows.order_by("pk").select_for_update(of=("self",), no_key=True))


def _by_id(rows: Iterable[Model]) -> dict[int, Model]:
    return {row.pk: row for row in rows}
