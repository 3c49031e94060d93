"""Read a cart: its lines, their prices at a branch, and the problems that keep it from being ordered.

The cart page and the order use this same reading, so the customer is charged what they were shown. It reads the lines
of a cart, or lines that are given, such as those of an order at the counter.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from cart.lines import Line, Problem, lines_of_cart
from cart.models import Cart
from cart.problems import check_lines
from products.hours import is_open, opens_at
from products.models import Branch
from products.schedule import ready_at
from promotions.discounts import Discount, Item
from promotions.offers import Applied, Offers, apply_offers, read_offers
from promotions.services import lock_offers
from rest.prepared import Prepared
from users.models import CustomUser

CHOSEN_OFFERS = Prepared(lambda *, user_id: Cart.objects.filter(user=user_id), user_id=int)


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
    lines = lines_of_cart(user.pk, branch=branch, now=now)
    check_lines(lines, branch=branch, now=now)
    return Contents(branch, lines, now, offers_of(user, branch, for_order=for_order))


def offers_of(user: CustomUser, branch: Branch | None, *, for_order: bool = False) -> Offers:
    """Read the promo code and reward chosen for the cart: one query where there is none."""
    for cart in CHOSEN_OFFERS(user_id=user.pk):
        wanted = {"typed": cart.promo_code, "use_reward": cart.use_reward}
        if for_order:
            lock_offers(user=user, **wanted)
        return read_offers(user=user, branch=branch, **wanted)
    return Offers()


def _closed(branch: Branch | None, now: datetime) -> Problem | None:
    if branch is None or is_open(branch, now):
        return None
    detail = _("%s is closed now.") % branch.shown_name
    return {"code": "branch_closed", "detail": detail, "item": None, "opens_at": opens_at(branch, now)}
