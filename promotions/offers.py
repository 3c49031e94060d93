"""Read and apply the promo code and reward of a cart: once for both the cart page and the order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from products.models import Branch
from promotions.discounts import Bill, Item
from promotions.models import Kind, PromoCode, StampEntry
from users.models import CustomUser

REASONS = ("unknown", "expired", "used_up", "branch", "first_order", "min_total", "categories")


@dataclass
class Offers:
    """A promo code as it was typed and a reward, with what decides whether they apply. Both may be absent."""

    typed: str = ""
    code: PromoCode | None = None
    categories: set[int] = field(default_factory=set)  # of the code; none: all
    has_ordered: bool = False
    use_reward: bool = False
    rewards: list[StampEntry] = field(default_factory=list)
    now: datetime = field(default_factory=timezone.now)  # also of an order for another day: it is used now
    is_held: bool = False  # an order holds them already, so limits and dates are behind it

    @property
    def is_empty(self) -> bool:
        return not self.typed and not self.use_reward


@dataclass
class Applied:
    """A bill with its discounts, and what did not apply."""

    bill: Bill
    problems: list[dict] = field(default_factory=list)
    code: PromoCode | None = None  # that was used
    reward: StampEntry | None = None


def read_offers(*, user: CustomUser, branch: Branch | None, typed: str, use_reward: bool) -> Offers:
    """Read code and rewards: at most three queries for a code, one for a reward, none for neither."""
    offers = Offers(typed=typed, use_reward=use_reward)
    if typed:
        offers.code = PromoCode.objects.known_as(typed).for_cart(user, branch).first()
    if offers.code is not None:
        offers.categories = set(offers.code.categories.order_by().values_list("pk", flat=True))
        # Django gives a user the orders that refer to them; what counts as bought is said there.
        offers.has_ordered = offers.code.is_first_order_only and user.orders.bought_by(user).exists()
    if use_reward:
        offers.rewards = list(StampEntry.objects.rewards_left(user))
    return offers


def held_offers(*, order_id: int, user: CustomUser, branch: Branch) -> Offers:
    """Offers that an order holds, for when it is priced anew at another branch."""
    offers = Offers(is_held=True)
    offers.rewards = [held.reward for held in StampEntry.objects.filter(order_id=order_id, kind="held")]
    offers.use_reward = bool(offers.rewards)
    offers.code = PromoCode.objects.for_cart(user, branch).filter(redemptions__order_id=order_id).first()
    if offers.code is not None:
        offers.typed = offers.code.code
        offers.categories = set(offers.code.categories.order_by().values_list("pk", flat=True))
    return offers


def apply_offers(offers: Offers, items: Sequence[Item]) -> Applied:
    """The reward comes first, so that a percentage is of what is left to pay."""
    applied = Applied(Bill(items))
    if offers.use_reward:
        _apply_reward(offers, applied)
    if offers.typed:
        reason = _apply_code(offers, applied)
        if reason is not None:
            applied.problems.append(_promo_problem(offers, reason))
    return applied


def _apply_reward(offers: Offers, applied: Applied) -> None:
    for reward in offers.rewards:
        if applied.bill.free_cup(covers=reward.covers, max_price=reward.max_price, kind="reward", code=None):
            applied.reward = reward
            return
    if applied.bill.items or not offers.rewards:
        reason = "categories" if offers.rewards else "used_up"
        detail = _("No cup here can be the free one.") if offers.rewards else _("There is no free cup on your card.")
        applied.problems.append({"code": "reward_not_applicable", "detail": detail, "reason": reason})


def _apply_code(offers: Offers, applied: Applied) -> str | None:
    """Apply the code, unless the cart is empty; returns the reason when it does not apply, else None."""
    reason = _reason_against(offers)
    if reason is not None or not applied.bill.items:
        return reason
    code = offers.code
    if code.min_total is not None and applied.bill.subtotal < code.min_total:
        return "min_total"
    if not _reduce(applied.bill, code, offers.categories):
        return "categories"
    applied.code = code
    return None


def _reason_against(offers: Offers) -> str | None:
    """Reason against the code that holds whatever is in the cart."""
    code, now = offers.code, offers.now
    if code is None:
        return "unknown"
    if code.is_bound_to_branches and not code.is_for_branch:
        return "branch"
    if offers.is_held:
        return None
    if (code.starts_at and now < code.starts_at) or (code.ends_at and now >= code.ends_at):
        return "expired"
    if code.limit_total is not None and code.times_used >= code.limit_total:
        return "used_up"
    if code.limit_per_user is not None and code.times_used_by_user >= code.limit_per_user:
        return "used_up"
    return "first_order" if offers.has_ordered else None


def _reduce(bill: Bill, code: PromoCode, categories: set[int]) -> bool:
    """Add the code's discount to the bill; False when it made nothing cheaper."""

    def covers(category_id: int) -> bool:
        return not categories or category_id in categories

    named = {"kind": code.kind, "code": code.code}
    match code.kind:
        case Kind.PERCENT:
            return bill.percent(code.value, covers=covers, detail=f"{code.value.normalize():f} %", **named)
        case Kind.AMOUNT:
            return bill.amount(code.value, covers=covers, detail=f"{code.value:.2f}", **named)
        case Kind.FREE_ITEM:
            return bill.free_cup(covers=covers, max_price=code.value or None, **named)
    raise ValueError(code.kind)


def _promo_problem(offers: Offers, reason: str) -> dict:
    problem = {"code": "promo_not_applicable", "detail": _detail(offers, reason), "reason": reason}
    if reason == "min_total":
        problem["min_total"] = money(offers.code.min_total)
    return problem


def _detail(offers: Offers, reason: str) -> str:
    match reason:
        case "unknown":
            return _("We do not know the code %s.") % offers.typed
        case "expired":
            return _("The code %s is not valid now.") % offers.typed
        case "used_up":
            return _("The code %s is used up.") % offers.typed
        case "branch":
            return _("The code %s is not valid here.") % offers.typed
        case "first_order":
            return _("The code %s is for a first order.") % offers.typed
        case "min_total":
            figures = {"code": offers.typed, "total": money(offers.code.min_total)}
            return _("The code %(code)s is valid from a total of %(total)s.") % figures
    return _("The code %s is for other products.") % offers.typed


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"
