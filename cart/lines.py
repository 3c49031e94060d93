"""Lines of a cart: items with their products as they are at a branch, read in one statement."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from cart.models import CartItem
from products.models import Branch, Option, OptionGroup, Product
from products.models.catalogue import ProductQuerySet, is_option_available
from products.models.translations import in_language
from rest.prepared import Prepared

CENT = Decimal("0.01")
Problem = dict  # {"code", "detail", "item": id or None, …figures}


@dataclass
class Chosen:
    """An option as the customer chose it, by the name that is shown. Deleted from the catalogue it has that only."""

    name: str
    option: Option | None

    @property
    def id(self) -> int | None:
        return self.option and self.option.pk

    @property
    def price_delta(self) -> Decimal:
        return self.option.price_delta if self.option else Decimal(0)


@dataclass
class Line:
    """One item with the product as it is at the branch."""

    item: CartItem  # of given lines: not stored, its `pk` is its place among them
    product: Product
    groups: list[OptionGroup]
    chosen: list[Chosen]
    problems: list[Problem] = field(default_factory=list)

    @property
    def options(self) -> list[Option]:
        """The chosen ones that still exist."""
        return [choice.option for choice in self.chosen if choice.option]

    @property
    def unit_price(self) -> Decimal:
        """The product at this branch with its options; discounts through options end at zero."""
        price = self.product.branch_price + sum(option.price_delta for option in self.options)
        return max(Decimal(0), price).quantize(CENT)

    @property
    def subtotal(self) -> Decimal:
        return self.unit_price * self.item.quantity

    @property
    def prep_seconds(self) -> int:
        """Preparation time of one cup."""
        return self.product.prep_seconds + sum(option.prep_seconds for option in self.options)

    def add_problem(self, code: str, detail: str, **figures) -> None:
        self.problems.append({"code": code, "detail": detail, "item": self.item.pk, **figures})


def quantities(lines: Iterable[Line]) -> Counter[int]:
    """Sum the quantities by product id, whatever the options."""
    wanted = Counter()
    for line in lines:
        wanted[line.product.pk] += line.item.quantity
    return wanted


def lines_of_cart(user_id: int, *, branch: Branch | None, now: datetime) -> list[Line]:
    """The stored lines of a user's cart, in their order, without problems: one query."""
    rows = CART(user_id=user_id, branch_id=branch.pk, now=now) if branch else _rows_of_cart(user_id, None, now)
    return [_line(_item(rows[0]), rows) for rows in _grouped(rows, "item_id")]


def lines_of_items(wanted: Sequence[CartItem], *, branch: Branch | None, now: datetime) -> list[Line]:
    """Lines of these unstored items, in their order, without problems: one query.

    An item's options are `{"id"}`; they get their names. What is not in the catalogue is missing: a product with its
    whole line, an option from what is `chosen`.
    """
    ids = sorted({item.product_id for item in wanted if item.product_id is not None})  # an order's may be deleted
    rows = PRODUCTS(ids=ids, branch_id=branch.pk, now=now) if branch else _rows_of_products(ids, None, now)
    by_product = {rows[0].pk: rows for rows in _grouped(rows, "pk")}
    return [_line(item, by_product[item.product_id]) for item in wanted if item.product_id in by_product]


# One statement: a row for each product, or item, with each of its groups and their options. There are few of these to a
# product, and each further statement costs more than they do.

GROUP = ("id", "name", "translations", "min_choices", "max_choices")
OPTION = ("id", "group_id", "name", "translations", "price_delta", "prep_seconds")
MENU_ORDER = ("option_groups__pk", "option_groups__options__position", "option_groups__options__pk")


def _with_options(branch: Branch | None, now: datetime) -> ProductQuerySet:
    return (
        Product.objects.at_branch(branch, now)
        .defer("description")
        .annotate(
            **{f"group_{name}": F(f"option_groups__{name}") for name in GROUP},
            **{f"option_{name}": F(f"option_groups__options__{name}") for name in OPTION},
            option_is_available=is_option_available(branch, now, "option_groups__options__"),
        )
    )


def _rows_of_cart(user_id: int, branch: Branch | None, now: datetime) -> ProductQuerySet:
    rows = (
        _with_options(branch, now)
        .filter(cart_items__user=user_id)
        .annotate(
            item_id=F("cart_items__pk"), item_quantity=F("cart_items__quantity"), item_options=F("cart_items__options")
        )
    )
    return rows.order_by("cart_items__position", "cart_items__pk", *MENU_ORDER)


def _rows_of_products(ids: list[int], branch: Branch | None, now: datetime) -> ProductQuerySet:
    return _with_options(branch, now).filter(pk__in=ids).order_by("pk", *MENU_ORDER)


CART = Prepared(
    lambda *, user_id, branch_id, now: _rows_of_cart(user_id, Branch(pk=branch_id), now),
    **{"user_id": int, "branch_id": int, "now": datetime},
)
PRODUCTS = Prepared(
    lambda *, ids, branch_id, now: _rows_of_products(ids, Branch(pk=branch_id), now),
    **{"ids": list, "branch_id": int, "now": datetime},
)


def _grouped(rows: Iterable[Product], name: str) -> Iterable[list[Product]]:
    """The rows of one item, or product, together, in the order of their first ones."""
    found = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found.values()


def _item(row: Product) -> CartItem:
    return CartItem(pk=row.item_id, product=row, quantity=row.item_quantity, options=row.item_options)


def _line(item: CartItem, rows: list[Product]) -> Line:
    first = {row.group_id: row for row in reversed(rows)}
    groups = [_group(first[pk]) for pk in dict.fromkeys(row.group_id for row in rows) if pk is not None]
    return Line(item, rows[0], groups, _chosen(item, rows))


def _chosen(item: CartItem, rows: list[Product]) -> list[Chosen]:
    """Chosen options by group, then position; at the end those the product does not have any more."""
    names = {choice["id"]: in_language(choice.get("names", {}), choice.get("name", "")) for choice in item.options}
    offered = [_option(row) for row in rows if row.option_id in names]
    missing = names.keys() - {option.pk for option in offered}
    if missing:  # rare, and worth a query of its own: gone for good, or gone from this product
        left = Option.objects.in_bulk(missing)
        return [
            *(Chosen(option.shown_name, option) for option in offered),
            *(Chosen(names[pk], left.get(pk)) for pk in names if pk in missing),
        ]
    return [Chosen(option.shown_name, option) for option in offered]


def _group(row: Product) -> OptionGroup:
    return OptionGroup(**{name: getattr(row, f"group_{name}") for name in GROUP})


def _option(row: Product) -> Option:
    option = Option(**{name: getattr(row, f"option_{name}") for name in OPTION})
    option.is_available = row.option_is_available
    return option
