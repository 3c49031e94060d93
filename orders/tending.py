"""Periodic work on orders: end those nobody accepted or fetched, promise late ones anew, and alert managers to those
nobody has seen.

Every serving process looks now and then, so that no cron is needed; row locks let each thing happen once.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders import mails
from orders.changes import move_row
from orders.lateness import put_off_late_orders
from orders.models import Channel, Order, OrderEvent, OrderQuerySet
from orders.statuses import OPEN, Status
from products.hours import end_of_business_day, is_open
from rest.transactions import retrying_atomic

NOT_ACCEPTED, NOT_FETCHED = "not_accepted", "not_fetched"
ARRIVED = ("moved_at", "created_at")  # the first of them that is known
AT_ONCE = 200  # orders of one look; the next one is soon
FURTHEST_AHEAD = timedelta(hours=14)  # of the world's clocks

logger = logging.getLogger(__name__)


def tend_orders() -> tuple[int, int]:
    """End what is overdue, promise anew what is late, tell of what nobody has seen. Safe to run anywhere at any time.

    Says how many were ended, and how many were told of.
    """
    now = timezone.now()
    ended = sum(_end(order.pk, reason, now) for order, reason in _overdue(now))
    put_off_late_orders()
    return ended, _alert_unseen(now)


# --- Ends by themselves ---------------------------------------------------------------------------------------------


def _overdue(now: datetime) -> Iterator[tuple[Order, str]]:
    for order in _not_accepted(now)[:AT_ONCE]:
        yield order, NOT_ACCEPTED
    for order in _not_fetched(now)[:AT_ONCE]:
        if _day_is_over(order, now):
            yield order, NOT_FETCHED


def _not_accepted(now: datetime) -> OrderQuerySet:
    latest = now - timedelta(minutes=settings.NOT_ACCEPTED_MINUTES)
    orders = Order.objects.filter(status=Status.PENDING).alias(time=Coalesce("pickup_at", *ARRIVED))
    return orders.filter(time__lte=latest).order_by("time") if settings.NOT_ACCEPTED_MINUTES else orders.none()


def _not_fetched(now: datetime) -> OrderQuerySet:
    """Ready orders of a day that is over somewhere in the world."""
    begun = Order.objects.filter(status__in=[status for status in OPEN if status != Status.PENDING])
    return begun.filter(business_day__lt=(now + FURTHEST_AHEAD).date()).select_related("branch").order_by("pk")


def _day_is_over(order: Order, now: datetime) -> bool:
    if order.business_day >= now.astimezone(order.branch.tz).date():
        return False
    ends_at = end_of_business_day(order.branch, order.pickup_at or order.created_at)
    return now >= ends_at + timedelta(minutes=settings.NOT_FETCHED_MINUTES)


@retrying_atomic
def _end(order_id: int, reason: str, now: datetime) -> bool:
    """Cancel it for the shop, unless somebody moved it, or another server ended it, while we waited for the lock."""
    overdue = _not_accepted(now) if reason == NOT_ACCEPTED else _not_fetched(now)
    order = overdue.with_lines().locked().filter(pk=order_id).first()
    if order is None:
        return False
    move_row(order, Status.CANCELLED, by=None, cancel_reason=reason)
    mails.send_moved(order)
    return True


# --- Nobody saw it --------------------------------------------------------------------------------------------------


@retrying_atomic
def _alert_unseen(now: datetime) -> int:
    """Send one e-mail for a branch's unseen orders of this run. A row that another server holds is being told of right
    now.
    """
    threshold = timedelta(seconds=settings.UNSEEN_SECONDS)
    rows = _unseen(now - threshold).select_for_update(of=("self",), skip_locked=True)
    told = 0
    for branch, orders in groupby(rows[:AT_ONCE], key=lambda order: order.branch):
        orders = list(orders)
        if not (is_open(branch, now) and is_open(branch, now - threshold)):  # nobody is there, or has just come
            continue
        mails.send_to_branch(branch, "unseen", orders)
        told += Order.objects.filter(pk__in=[order.pk for order in orders]).update(unseen_told_at=now)
    return told


def _unseen(since: datetime) -> OrderQuerySet:
    """Orders that have been here since then, and nobody has seen: whoever accepted one has, and so has whoever typed it
    in. One that was accepted at another branch is new here until something happens to it.
    """
    moves = OrderEvent.objects.filter(order=OuterRef("pk"), at__gte=OuterRef("moved_at"))
    is_new = Q(status=Status.PENDING) | Q(status=Status.ACCEPTED, moved_at__isnull=False) & ~Exists(moves)
    unseen = Order.objects.filter(
        is_new, status__in=[Status.PENDING, Status.ACCEPTED], seen_at=None, unseen_told_at=None, channel=Channel.APP
    )
    waiting = unseen.alias(arrived_at=Coalesce(*ARRIVED)).filter(arrived_at__lte=since).order_by("branch", "pk")
    return waiting.select_related("branch").prefetch_related("branch__hours", "branch__special_days")
