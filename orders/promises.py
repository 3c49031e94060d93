"""Capacity of a branch: claimed in the transaction that places an order, given back with every cup that is made."""

from datetime import datetime

from django.db.models import F, Sum
from django.utils import timezone

from orders.exceptions import BranchClosed, BranchPaused, SlotFull
from orders.models import Order
from orders.statuses import UNFINISHED
from products.hours import opening_at, opens_at
from products.models import Branch, OpenWork
from products.schedule import FURTHEST_PROMISE, next_free, schedule_of
from rest.prepared import Prepared

BAR = Prepared(
    lambda *, branch_id: (
        Branch.objects.locked().filter(pk=branch_id).order_by().values_list("baristas", "paused_until")
    ),
    branch_id=int,
)


def promise(*, branch: Branch, seconds: int, pickup_at: datetime | None = None) -> datetime:
    """Promise a moment for so much work: `pickup_at`, or as soon as possible. Locks the branch until the transaction
    ends, so that nobody else is promised the same seconds; claim them with `keep_work`.

    Raises SlotFull, BranchPaused, BranchClosed.
    """
    for baristas, paused_until in BAR(branch_id=branch.pk):
        branch.baristas, branch.paused_until = baristas, paused_until
    now = timezone.now()  # after the wait for the lock
    schedule = schedule_of(branch, now)
    if pickup_at is not None:
        if not schedule.fits(seconds, pickup_at):
            raise SlotFull(next_at=next_free(branch, schedule, seconds, pickup_at))
        return pickup_at
    if branch.is_paused_at(now):
        raise BranchPaused(paused_until=branch.paused_until)
    promised_at = schedule.earliest(seconds)
    opening = opening_at(branch, now)
    closes_at = opening.end if opening else now
    if closes_at < min(promised_at, now + FURTHEST_PROMISE):
        raise BranchClosed(opens_at=opens_at(branch, closes_at))
    if promised_at > now + FURTHEST_PROMISE:
        raise SlotFull(next_at=next_free(branch, schedule, seconds, promised_at))
    return promised_at


def keep_work(order: Order) -> None:
    """Make the open work what is left to do of the order: it holds the promise until it is made or cancelled."""
    if order.status not in UNFINISHED or order.promised_at is None:
        OpenWork.objects.filter(order_id=order.pk).delete()
        return
    left = (F("quantity") - F("made")) * F("prep_seconds")
    seconds = order.items.aggregate(seconds=Sum(left))["seconds"] or 0
    claim_work(order, seconds)


def claim_work(order: Order, seconds: int) -> None:
    OpenWork.objects.bulk_create(
        [OpenWork(order_id=order.pk, branch_id=order.branch_id, due_at=order.promised_at, seconds=seconds)],
        update_conflicts=True,
        unique_fields=["order_id"],
        update_fields=["branch", "due_at", "seconds"],
    )
