"""Codes and stamps in the transactions of orders: held when one is placed, final when completed, else given back.

Locks are taken in this order, after the cart's and the stock's: the code, the stamp card. A cancelled order needs the
card only.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import F, Q
from django.utils import timezone

from promotions.models import PromoCode, Redemption, StampCard, StampEntry, StampProgramme
from promotions.offers import Applied, money
from rest.transactions import retrying_atomic
from users.models import CustomUser

Kind = StampEntry.Kind


class Cups(NamedTuple):
    """Cups of a completed order that were paid for."""

    category_id: int | None  # None once the product is deleted
    number: int


def lock_offers(*, user: CustomUser, typed: str, use_reward: bool) -> None:
    """Lock the limited code and the user's rewards, before they are read: nobody else uses them up meanwhile."""
    if typed:
        limited = PromoCode.objects.known_as(typed).filter(
            Q(limit_total__isnull=False) | Q(limit_per_user__isnull=False)
        )
        list(limited.select_for_update(no_key=True).values_list("pk"))
    if use_reward:
        lock_card(user.pk)


def lock_card(user_id: int) -> StampCard:
    """The user's card, which is made when it is needed first."""
    StampCard.objects.bulk_create([StampCard(user_id=user_id)], ignore_conflicts=True)
    return StampCard.objects.select_for_update(no_key=True).get(pk=user_id)


@retrying_atomic
def redeem(applied: Applied, *, user: CustomUser, order_id: int) -> None:
    """Use up what an order was made cheaper by. The caller locked it before it was read."""
    if applied.code is not None:
        amount = sum(discount.amount for discount in applied.bill.discounts if discount.code is not None)
        Redemption.objects.create(code=applied.code, user=user, order_id=order_id, amount=amount)
    if applied.reward is not None:
        _book(Kind.HELD, user.pk, order_id, rewards=-1, reward=applied.reward, rule=applied.reward.rule)


def redeem_again(applied: Applied, *, order_id: int) -> None:
    """An order was priced anew: the code it used is worth something else now."""
    amount = sum(discount.amount for discount in applied.bill.discounts if discount.code is not None)
    Redemption.objects.filter(order_id=order_id).update(amount=amount)


@retrying_atomic
def release_order(*, order_id: int) -> None:
    """A cancelled order gives back its use of a code, and the reward it holds. A second time changes nothing."""
    Redemption.objects.in_use().filter(order_id=order_id).update(returned_at=timezone.now())
    held = StampEntry.objects.filter(order_id=order_id, kind=Kind.HELD).first()
    if held is None:
        return
    lock_card(held.user_id)
    if not StampEntry.objects.filter(order_id=order_id, kind__in=[Kind.TAKEN, Kind.RETURNED]).exists():
        _book(Kind.RETURNED, held.user_id, order_id, rewards=1, reward=held.reward, rule=held.rule)


@retrying_atomic
def complete_order(*, order_id: int, user_id: int, cups: Sequence[Cups]) -> None:
    """A completed order takes the reward it holds, and earns a stamp for each cup of the programme."""
    card = None
    held = StampEntry.objects.filter(order_id=order_id, kind=Kind.HELD).first()
    if held is not None:
        card = lock_card(user_id)
        _book(Kind.TAKEN, user_id, order_id, reward=held.reward, rule=held.rule)
    programme = StampProgramme.objects.filter(is_active=True).first()
    if programme is None:
        return
    rule = programme.rule()
    earned = sum(one.number for one in cups if not rule["categories"] or one.category_id in rule["categories"])
    if earned:
        _earn(card or lock_card(user_id), order_id, earned, rule)


def _earn(card: StampCard, order_id: int, stamps: int, rule: dict) -> None:
    """Fill the running card under its own rule, and begin the next ones under the new."""
    _book(Kind.EARNED, card.pk, order_id, stamps=stamps, rule=rule)
    card.refresh_from_db(fields=["stamps"])
    running = card.rule if card.stamps > stamps else rule
    while card.stamps >= running["needed"]:
        _book(Kind.EXCHANGED, card.pk, order_id, stamps=-running["needed"], rewards=1, rule=running)
        card.stamps -= running["needed"]
        running = rule
    StampCard.objects.filter(pk=card.pk).update(rule=running)


def _book(kind: Kind, user_id: int, order_id: int, *, stamps: int = 0, rewards: int = 0, **values) -> None:
    """Add a line to the ledger and its sums to the locked card, which the database keeps from becoming negative."""
    values |= {"user_id": user_id, "order_id": order_id, "stamps": stamps, "rewards": rewards}
    StampEntry.objects.create(kind=kind, **values)
    if stamps or rewards:
        StampCard.objects.filter(pk=user_id).update(stamps=F("stamps") + stamps, rewards=F("rewards") + rewards)


def promo_codes_of(user: CustomUser) -> list[dict]:
    """Export the codes that a customer used, for them to take along."""
    used = Redemption.objects.filter(user=user).select_related("code")
    return [
        {
            **{"code": one.code.code, "order": one.order_id, "amount": money(one.amount)},
            **{"created_at": one.created_at, "returned_at": one.returned_at},
        }
        for one in used
    ]


def stamps_of(user: CustomUser) -> list[dict]:
    entries = StampEntry.objects.filter(user=user)
    return list(entries.values("kind", "stamps", "rewards", "created_at", order=F("order_id")))
