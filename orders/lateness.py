"""Putting promises off that the bar will not keep, before the customer finds out."""

from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from orders.changes import change_row
from orders.models import Order
from orders.statuses import UNFINISHED
from products.models import OpenWork
from products.schedule import put_off


def put_off_late_orders() -> int:
    """Promise anew what will be ready more than two minutes later than promised. Returns how many orders that were.

    Without the branch's lock: work that is due later is in nobody's way.
    """
    now = timezone.now()
    number = 0
    work = OpenWork.objects.in_sequence().values_list("branch", "branch__baristas", "order_id", "due_at", "seconds")
    for (_branch, baristas), rows in groupby(work, key=lambda row: row[:2]):
        sequence = [row[2:] for row in rows]
        due = {order_id: due_at for order_id, due_at, _seconds in sequence}
        for order_id, promised_at in put_off(sequence, baristas=baristas, now=now).items():
            number += _promise_anew(order_id, before=due[order_id], promised_at=promised_at)
    return number


@transaction.atomic
def _promise_anew(order_id: int, *, before: datetime, promised_at: datetime) -> bool:
    """Replace the promise if it is still `before`; False where another server, or a barista, was here first."""
    order = Order.objects.locked().filter(pk=order_id, promised_at=before, status__in=UNFINISHED).first()
    if order is not None:
        change_row(order, promised_at=promised_at)
    return order is not None
