"""What is in a cart, what it costs at a branch, and what stands in the way of ordering it.

The cart page and the order use this same reading, so the customer is charged what they were shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cart.models import CartItem, CartItemOption
from products.hours import is_open, opens_at
from products.models import Branch, Option, OptionGroup, Product
from products.models.catalogue import ProductQuerySet
from rest.prepared import Prepared
from users.models import CustomUser

CENT = Decimal("0.01")
Problem = dict  # {"code", "detail", "item": id or None, …figures}


@dataclass
class Line:
    """One item with the product as it is at the branch."""

    item: CartItem
    product: Product
    groups: list[OptionGroup]
    chosen: list[CartItemOption]
    options: list[Option]  # the chosen ones that still exist
    problems: list[Problem] = field(default_factory=list)

    @property
    def unit_price(self) -> Decimal:
        """The product at this branch with its options; discounts through options end at zero."""
        price = self.product.branch_price + sum(option.price_delta for option in self.options)
        return max(Decimal(0), price).quantize(CENT)

    @property
    def subtotal(self) -> Decimal:
        return self.unit_price * self.item.quantity

    def add_problem(self, code: str, detail: str, **figures) -> None:
        self.problems.append({"code": code, "detail": detail, "item": self.item.pk, **figures})


@dataclass
class Contents:
    branch: Branch | None
    lines: list[Line]
    now: datetime

    @property
    def total_quantity(self) -> int:
        return sum(line.item.quantity for line in self.lines)

    @property
    def total_price(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal(0))

    @property
    def item_problems(self) -> list[Problem]:
        return [problem for line in self.lines for problem in line.problems]

    @property
    def problems(self) -> list[Problem]:
        return [*([self.closed] if self.closed else []), *self.item_problems]

    @cached_property
    def closed(self) -> Problem | None:
        return _closed(self.branch, self.now)

    @property
    def is_orderable(self) -> bool:
        return self.branch is not None and bool(self.lines) and not self.problems


def read_cart(*, user: CustomUser, branch: Branch | None, now: datetime) -> Contents:
    """The user's cart at a branch, in a constant number of queries. Nothing in it is changed."""
    lines = _lines(user, branch, now)
    _check_products(lines)
    _check_stock(lines)
    for line in lines:
        _check_options(line)
        _check_choices(line)
    return Contents(branch, lines, now)


def quantities(lines: list[Line]) -> Counter[int]:
    """How much of each product is wanted, by its id, whatever the options."""
    wanted = Counter()
    for line in lines:
        wanted[line.product.pk] += line.item.quantity
    return wanted


def _lines(user: CustomUser, branch: Branch | None, now: datetime) -> list[Line]:
    """Every item with its product, in the order in which they were added."""
    products = list(_products(user, branch, now))
    chosen, groups = defaultdict(list), defaultdict(list)
    for choice in CHOICES(user_id=user.pk):
        chosen[choice.item_id].append(choice)
    for group in GROUPS(user_id=user.pk):
        groups[group.item_id].append(group)
    return [_line(product, chosen[product.item_id], groups[product.item_id]) for product in products]


def _products(user: CustomUser, branch: Branch | None, now: datetime) -> Iterable[Product]:
    if branch is None:
        return _products_of(user.pk, Product.objects.at_branch(None, now))
    return PRODUCTS(user_id=user.pk, branch_id=branch.pk, now=now)


def _line(product: Product, chosen: list[CartItemOption], groups: list[OptionGroup]) -> Line:
    item = CartItem(pk=product.item_id, product=product, quantity=product.item_quantity)
    return Line(item, product, groups, chosen, [_option(choice) for choice in chosen if choice.option_id is not None])


def _option(choice: CartItemOption) -> Option:
    return Option(
        pk=choice.option_id,
        group_id=choice.option_group_id,
        name=choice.option_name,
        price_delta=choice.option_price_delta,
        is_active=choice.option_is_active,
    )


def _products_of(user_id: int, products: ProductQuerySet) -> ProductQuerySet:
    items = products.filter(cart_items__user=user_id).order_by("cart_items__pk")
    return items.annotate(item_id=F("cart_items__pk"), item_quantity=F("cart_items__quantity"))


def _products_there(*, user_id: int, branch_id: int, now: datetime) -> ProductQuerySet:
    return _products_of(user_id, Product.objects.at_branch(Branch(pk=branch_id), now))


def _choices(*, user_id: int) -> QuerySet:
    choices = CartItemOption.objects.filter(item__user=user_id)
    names = ["group_id", "name", "is_active"]
    return choices.annotate(
        **{f"option_{name}": F(f"option__{name}") for name in names},
        option_price_delta=Coalesce(F("option__price_delta"), Decimal(0)),  # a deleted option costs nothing
    )


def _groups(*, user_id: int) -> QuerySet:
    groups = OptionGroup.objects.filter(products__cart_items__user=user_id)
    return groups.annotate(item_id=F("products__cart_items__pk"))


PRODUCTS = Prepared(_products_there, user_id=int, branch_id=int, now=datetime)
CHOICES = Prepared(_choices, user_id=int)
GROUPS = Prepared(_groups, user_id=int)


def _check_products(lines: list[Line]) -> None:
    for line in lines:
        if not line.product.is_offered:
            line.add_problem("product_unavailable", _("%s is not available here.") % line.product.name)


def _check_stock(lines: list[Line]) -> None:
    """Lines of one product share its stock, whatever their options."""
    wanted = quantities(lines)
    for line in lines:
        stock = line.product.branch_stock
        if stock is not None and wanted[line.product.pk] > stock:
            detail = _("Only %(stock)d of %(name)s left.") % {"stock": stock, "name": line.product.name}
            line.add_problem("insufficient_stock", detail, available=stock)


def _check_options(line: Line) -> None:
    group_ids = {group.pk for group in line.groups}
    options = {option.pk: option for option in line.options}
    for choice in line.chosen:
        option = options.get(choice.option_id)
        if option is None or not option.is_active or option.group_id not in group_ids:
            detail = _("%(option)s is not available for %(name)s.") % {
                "option": choice.name,
                "name": line.product.name,
            }
            line.add_problem("option_unavailable", detail, option=choice.option_id)


def _check_choices(line: Line) -> None:
    chosen = Counter(option.group_id for option in line.options)
    for group in line.groups:
        names = {"group": group.name, "name": line.product.name}
        if chosen[group.pk] < group.min_choices:
            detail = _("Choose more of %(group)s for %(name)s.") % names
            line.add_problem("too_few_choices", detail, option_group=group.pk, min_choices=group.min_choices)
        elif chosen[group.pk] > group.max_choices:
            detail = _("Choose fewer of %(group)s for %(name)s.") % names
            line.add_problem("too_many_choices", detail, option_group=group.pk, max_choices=group.max_choices)


def _closed(branch: Branch | None, now: datetime) -> Problem | None:
    if branch is None or is_open(branch, now):
        return None
    detail = _("%s is closed now.") % branch.name
    return {"code": "branch_closed", "detail": detail, "item": None, "opens_at": opens_at(branch, now)}
