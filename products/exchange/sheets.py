"""The sheets of the file, in the order in which they are read: what a row names stands in an earlier one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from slugify import slugify

from products.exchange.columns import KEEP, Column, Id, Link, Links, StockBefore, translations
from products.exchange.shop import Shop
from products.models import BranchProduct, Category, Ingredient, Option, OptionGroup, Product
from products.models.translations import LANGUAGES
from products.services import TOO_FEW_OPTIONS

EMPTY = gettext_lazy("This must not be empty.")


class FoundBy(ValidationError):
    """Lookup by a column that found no row, with the reason."""

    def __init__(self, column: str, why: str):
        super().__init__(why)
        self.column = column


@dataclass
class Sheet:
    """One kind of rows: the model, its columns, and how a row of the file finds the one that is there."""

    name: str
    title: Promise
    model: type[models.Model]
    columns: list[Column]
    index: str  # of the shop

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def rows(self, shop: Shop) -> list[models.Model]:
        return getattr(shop, self.index).rows

    def find(self, values: dict, shop: Shop) -> models.Model | None:
        """The row that is meant, None for a new one. Raises FoundBy."""
        raise NotImplementedError

    def add(self, row: models.Model, shop: Shop) -> None:
        getattr(shop, self.index).add(row)

    def renew(self, shop: Shop) -> None:
        """After the last row: names may have changed."""
        getattr(shop, self.index).renew()

    def label(self, row: models.Model) -> str:
        return str(row)

    def is_as_without(self, row: models.Model) -> bool:
        """True for a new row that would say nothing."""
        return False

    def flaws(self, row: models.Model, shop: Shop) -> Iterator[tuple[str, str]]:
        """Yield column and error of a row that is wrong beside the others."""
        return iter(())


class Slugged(Sheet):
    """Found by the slug, which is made of the name where it is empty."""

    def find(self, values: dict, shop: Shop) -> models.Model | None:
        if not values.get("slug"):
            if not values.get("name"):
                raise FoundBy("slug", _("Without a slug and a name nobody knows what is meant."))
            values["slug"] = slug_of(values["name"], self.model)
        return getattr(shop, self.index).by_key.get(values["slug"])


class Numbered(Sheet):
    """Found by the id or, without one, by the name; an id that is not known is no new row."""

    def find(self, values: dict, shop: Shop) -> models.Model | None:
        number = values.pop("id", KEEP)
        if number is not KEEP:
            return self._by_id(number, values, shop)
        named = self._named(values, shop)
        if len(named) > 1:
            ids = ", ".join(str(row.pk or "–") for row in named)
            raise FoundBy("id", _("Several have this name: write one of %s.") % ids)
        return named[0] if named else None

    def _by_id(self, number: int, values: dict, shop: Shop) -> models.Model:
        row = getattr(shop, self.index).by_key.get(f"#{number}")
        if row is None:
            raise FoundBy("id", _("There is none with this id. Leave it empty for a new one."))
        return row

    def _named(self, values: dict, shop: Shop) -> list[models.Model]:
        if not values.get("name"):
            raise FoundBy("name", EMPTY)
        return getattr(shop, self.index).by_name.get(values["name"], [])


class Ingredients(Numbered):
    def flaws(self, row: Ingredient, shop: Shop) -> Iterator[tuple[str, str]]:
        if len(shop.ingredients.by_name[row.name]) > 1:
            yield "name", _("There is an ingredient of that name.")


class Groups(Numbered):
    def flaws(self, row: OptionGroup, shop: Shop) -> Iterator[tuple[str, str]]:
        if row.max_choices < max(1, row.min_choices):
            yield "max_choices", _("At most must be 1 or more, and not below at least.")
        if shop.options_by_group[id(row)] < row.min_choices:
            yield "min_choices", TOO_FEW_OPTIONS


class Options(Numbered):
    """Found by their group and name. An option stays in its group, for orders and carts have chosen it there."""

    def label(self, row: Option) -> str:
        return f"{row.group} · {row}"

    def flaws(self, row: Option, shop: Shop) -> Iterator[tuple[str, str]]:
        if sum(one.group is row.group for one in shop.options.by_name[row.name]) > 1:
            yield "name", _("The group already has an option of that name.")

    def _by_id(self, number: int, values: dict, shop: Shop) -> models.Model:
        row = super()._by_id(number, values, shop)
        if values.get("group", row.group) is not row.group:
            raise FoundBy("group", _("An option stays in its group, which is “%s”.") % row.group)
        return row

    def _named(self, values: dict, shop: Shop) -> list[models.Model]:
        if "group" not in values:
            raise FoundBy("group", EMPTY)
        return [row for row in super()._named(values, shop) if row.group is values["group"]]


class Prices(Sheet):
    """Found by branch and product. Without a row the product is sold there as everywhere."""

    def rows(self, shop: Shop) -> list[models.Model]:
        return list(shop.differences.values())

    def renew(self, shop: Shop) -> None:
        """They have no names."""

    def is_as_without(self, row: BranchProduct) -> bool:
        return row.is_listed and row.price is row.stock is row.low_stock_threshold is None

    def add(self, row: BranchProduct, shop: Shop) -> None:
        shop.differences[id(row.branch), id(row.product)] = row

    def find(self, values: dict, shop: Shop) -> models.Model | None:
        for name in ("branch", "product"):
            if name not in values:
                raise FoundBy(name, EMPTY)
        if "stock" in values and values.get("stock_before", KEEP) == values["stock"]:
            del values["stock"]
        values.pop("stock_before", None)
        return shop.differences.get((id(values["branch"]), id(values["product"])))


def slug_of(name: str, model: type[models.Model]) -> str:
    return slugify(name, max_length=70) or model.__name__.lower()


def _fields(model: type[models.Model], *names: str) -> list[Column]:
    return [Column(model, name) for name in names]


SHEETS: list[Sheet] = [
    Slugged(
        "categories",
        gettext_lazy("Categories"),
        Category,
        [
            *_fields(Category, "slug", "name", "description"),
            *translations(Category, LANGUAGES),
            Column(Category, "position"),
        ],
        "categories",
    ),
    Ingredients(
        "ingredients",
        gettext_lazy("Ingredients"),
        Ingredient,
        [Id(Ingredient, "id"), Column(Ingredient, "name"), *translations(Ingredient, LANGUAGES)],
        "ingredients",
    ),
    Groups(
        "option_groups",
        gettext_lazy("Option groups"),
        OptionGroup,
        [
            Id(OptionGroup, "id"),
            Column(OptionGroup, "name"),
            *translations(OptionGroup, LANGUAGES),
            *_fields(OptionGroup, "min_choices", "max_choices"),
        ],
        "option_groups",
    ),
    Options(
        "options",
        gettext_lazy("Options"),
        Option,
        [
            Id(Option, "id"),
            Link(Option, "group", "option_groups"),
            Column(Option, "name"),
            *translations(Option, LANGUAGES),
            *_fields(Option, "price_delta", "prep_seconds", "is_active", "position"),
            Links(Option, "ingredients", "ingredients"),
        ],
        "options",
    ),
    Slugged(
        "products",
        gettext_lazy("Products"),
        Product,
        [
            *_fields(Product, "slug", "name", "description"),
            *translations(Product, LANGUAGES),
            Link(Product, "category", "categories"),
            *_fields(Product, "position", "price", "prep_seconds", "is_active"),
            Links(Product, "option_groups", "option_groups"),
            Links(Product, "ingredients", "ingredients"),
        ],
        "products",
    ),
    Prices(
        "prices",
        gettext_lazy("Prices of branches"),
        BranchProduct,
        [
            Link(BranchProduct, "branch", "branches"),
            Link(BranchProduct, "product", "products"),
            *_fields(BranchProduct, "is_listed", "price", "stock"),
            StockBefore(BranchProduct, "stock_before", "stock"),
            Column(BranchProduct, "low_stock_threshold"),
        ],
        "differences",
    ),
]
BY_NAME = {sheet.name: sheet for sheet in SHEETS}
