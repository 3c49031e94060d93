"""Read a cart: its lines, their prices at a branch, and the problems that keep it from being ordered.

The cart page and the order use this same reading, so the customer is charged what they were shown. It reads the lines
of a cart, or lines that are given, such as those of an order at the counter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import F
from django.utils.translation import gettext as _

from cart.models import Cart, CartItem
from products.hours import is_open, opens_at
from products.models import Branch, Option, OptionGroup, Product
from products.models.catalogue import ProductQuerySet, is_option_available
from products.models.translations import in_language
from products.schedule import ready_at
from products.stoplist import missing_ingredients
from promotions.discounts import Discount, Item
from promotions.offers import Applied, Offers, apply_offers, read_offers
from promotions.services import lock_offers
from rest.prepared import Prepared
from users.models import CustomUser

CENT = Decimal("0.01")
UNAVAILABLE = {"product_unavailable", "option_unavailable"}
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


@dataclass
class Contents:
    branch: Branch | None
    lines: list[Line]
    now: datetime
    offers: Offers = field(default_factory=Offers)

    @cached_property
    def applied(self) -> Applied:
        """The bill, with what makes it cheaper."""
        items = [
            Item(line.product.name, line.product.category_id, line.unit_price, line.item.quantity, line.product.names)
            for line in self.lines
        ]
        return apply_offers(self.offers, items)

    @property
    def discounts(self) -> list[Discount]:
        return self.applied.bill.discounts

    @property
    def subtotal_price(self) -> Decimal:
        return self.applied.bill.subtotal

    @property
    def total_quantity(self) -> int:
        return sum(line.item.quantity for line in self.lines)

    @property
    def seconds(self) -> int:
        """The work that it is: the sum of its cups."""
        return sum(line.prep_seconds * line.item.quantity for line in self.lines)

    @property
    def ready_at(self) -> datetime | None:
        """Promise for an order placed now; None while it cannot be had for as soon as possible."""
        return ready_at(self.branch, self.seconds, self.now) if self.branch and self.lines else None

    @property
    def total_price(self) -> Decimal:
        return self.applied.bill.total

    @property
    def content_problems(self) -> list[Problem]:
        """Problems of the lines: all but the hours."""
        of_lines = [problem for line in self.lines for problem in line.problems]
        return [*of_lines, *({"item": None, **problem} for problem in self.applied.problems)]

    @property
    def problems(self) -> list[Problem]:
        return [*([self.closed] if self.closed else []), *self.content_problems]

    @cached_property
    def closed(self) -> Problem | None:
        return _closed(self.branch, self.now)

    @property
    def is_orderable(self) -> bool:
        return self.branch is not None and bool(self.lines) and not self.problems


def read_cart(*, user: CustomUser, branch: Branch | None, now: datetime, for_order: bool = False) -> Contents:
    """The user's cart at a branch, in a constant number of queries. Nothing in it is changed.

    `for_order` locks what the order may use up, a limited code and free cups, before it is read.
    """
    rows = CART(user_id=user.pk, branch_id=branch.pk, now=now) if branch else _rows_of_cart(user.pk, None, now)
    lines = [_line(_item(rows[0]), rows) for rows in _grouped(rows, "item_id")]
    check_lines(lines, branch=branch, now=now)
    return Contents(branch, lines, now, offers_of(user, branch, for_order=for_order))


def offers_of(user: CustomUser, branch: Branch | None, *, for_order: bool = False) -> Offers:
    """Read the promo code and reward chosen for the cart: one query where there is none."""
    for cart in OFFERS(user_id=user.pk):
        wanted = {"typed": cart.promo_code, "use_reward": cart.use_reward}
        if for_order:
            lock_offers(user=user, **wanted)
        return read_offers(user=user, branch=branch, **wanted)
    return Offers()


def read_lines(wanted: Sequence[CartItem], *, branch: Branch | None, now: datetime) -> list[Line]:
    """Lines of these unstored items, in their order, without the problems that `check_lines` finds: one query.

    An item's options are `{"id"}`; they get their names. What is not in the catalogue is missing: a product with its
    whole line, an option from what is `chosen`.
    """
    ids = sorted({item.product_id for item in wanted if item.product_id is not None})  # an order's may be deleted
    rows = PRODUCTS(ids=ids, branch_id=branch.pk, now=now) if branch else _rows_of_products(ids, None, now)
    by_product = {rows[0].pk: rows for rows in _grouped(rows, "pk")}
    return [_line(item, by_product[item.product_id]) for item in wanted if item.product_id in by_product]


def check_lines(lines: list[Line], *, branch: Branch | None, now: datetime, others: Counter[int] | None = None) -> None:
    """Give every line its problems. `others` are quantities, by product, that are wanted beside these lines."""
    _check_products(lines)
    _check_stock(lines, others or Counter())
    for line in lines:
        _check_options(line)
        _check_choices(line)
    _name_ingredients(lines, branch, now)


def quantities(lines: Iterable[Line]) -> Counter[int]:
    """Sum the quantities by product id, whatever the options."""
    wanted = Counter()
    for line in lines:
        wanted[line.product.pk] += line.item.quantity
    return wanted


# --- Reading --------------------------------------------------------------------------------------------------------
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
OFFERS = Prepared(lambda *, user_id: Cart.objects.filter(user=user_id), user_id=int)
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


# --- Problems -------------------------------------------------------------------------------------------------------


def _check_products(lines: list[Line]) -> None:
    for line in lines:
        if not line.product.is_offered:
            line.add_problem("product_unavailable", _("%s is not available here.") % line.product.shown_name)


def _check_stock(lines: list[Line], others: Counter[int]) -> None:
    """Lines of one product share its stock, whatever their options."""
    wanted = quantities(lines) + others
    for line in lines:
        stock = line.product.branch_stock
        if stock is not None and wanted[line.product.pk] > stock:
            detail = _("Only %(stock)d of %(name)s left.") % {"stock": stock, "name": line.product.shown_name}
            line.add_problem("insufficient_stock", detail, available=stock)


def _check_options(line: Line) -> None:
    group_ids = {group.pk for group in line.groups}
    for choice in line.chosen:
        option = choice.option
        if option is None or option.group_id not in group_ids or not option.is_available:
            names = {"option": choice.name, "name": line.product.shown_name}
            line.add_problem(
                "option_unavailable", _("%(option)s is not available for %(name)s.") % names, option=choice.id
            )


def _name_ingredients(lines: list[Line], branch: Branch | None, now: datetime) -> None:
    """Say which ingredient is out, where that is why something cannot be had. Rare, and then two more queries."""
    short = [(problem, line) for line in lines for problem in line.problems if problem["code"] in UNAVAILABLE]
    if not short:
        return
    products = {line.product.pk for problem, line in short if problem["code"] == "product_unavailable"}
    options = {problem["option"] for problem, _line in short if problem.get("option")}
    lacking = {
        "product_unavailable": missing_ingredients(branch=branch, now=now, model=Product, ids=products),
        "option_unavailable": missing_ingredients(branch=branch, now=now, model=Option, ids=options),
    }
    for problem, line in short:
        ingredient = lacking[problem["code"]].get(problem.get("option", line.product.pk))
        if ingredient is not None:
            out = _("%s has run out.") % ingredient.shown_name
            problem |= {"ingredient": ingredient.pk, "detail": f"{problem['detail']} {out}"}


def _check_choices(line: Line) -> None:
    chosen = Counter(option.group_id for option in line.options)
    for group in line.groups:
        names = {"group": group.shown_name, "name": line.product.shown_name}
        if chosen[group.pk] < group.min_choices:
            detail = _("Choose more of %(group)s for %(name)s.") % names
            line.add_problem("too_few_choices", detail, option_group=group.pk, min_choices=group.min_choices)
        elif chosen[group.pk] > group.max_choices:
            detail = _("Choose fewer of %(group)s for %(name)s.") % names
            line.add_problem("too_many_choices", detail, option_group=group.pk, max_choices=group.max_choices)


def _closed(branch: Branch | None, now: datetime) -> Problem | None:
    if branch is None or is_open(branch, now):
        return None
    detail = _("%s is closed now.") % branch.shown_name
    return {"code": "branch_closed", "detail": detail, "item": None, "opens_at": opens_at(branch, now)}
