"""Changes of one order, asked for by its customer or by staff: each locks it, checks, and changes it in one place."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError

from orders import mails
from orders.changes import change_row, move_row
from orders.exceptions import NoteNotAllowed, OrderNotCancelled, StatusNotAllowed
from orders.models import Order
from orders.sides import moves_from
from orders.statuses import OPEN, Status
from products.models import Branch, is_staff_at
from rest.transactions import retrying_atomic
from users.models import CustomUser

FURTHEST_PROMISE = timedelta(days=14)


@retrying_atomic
def change_order(
    *,
    order_id: int,
    by: CustomUser,
    status: Status | None = None,
    note: str | None = None,
    cancel_reason: str | None = None,
    is_paid: bool | None = None,
    promised_at: datetime | None = None,
) -> Order:
    """Change what was sent of an order, all or nothing; what is so already stays, and is no change.

    Raises Order.DoesNotExist for an order the caller may not see, PermissionDenied for what is the staff's,
    StatusNotAllowed, NoteNotAllowed, ValidationError for a reason without a cancellation or an earlier promise.
    """
    order = Order.objects.visible_to(by).locked().get(pk=order_id)
    is_staff, to = is_staff_at(by, order.branch), status or order.status
    if not is_staff and (is_paid is not None or promised_at is not None):
        raise PermissionDenied
    is_moved = to != order.status
    values = {}
    if note is not None:
        values["note"] = _new_note(order, note, is_staff=is_staff)
    _check_move(order, to, is_staff=is_staff)
    if cancel_reason is not None:
        values["cancel_reason"] = _new_reason(order, cancel_reason, to, may=is_moved or is_staff)
    if is_paid is not None and is_paid != (order.paid_at is not None):
        values["paid_at"] = timezone.now() if is_paid else None
    if promised_at is not None:
        values |= _new_promise(order, promised_at)
    _write(order, to, by, {name: value for name, value in values.items() if value != getattr(order, name)})
    if is_moved and to == Status.CANCELLED and not is_staff:
        mails.send_withdrawn(order)
    return order


def change_status(*, order_id: int, to: Status, by: CustomUser) -> Order:
    """Move an order along its status table; cancelling gives stock back. Raises StatusNotAllowed."""
    return change_order(order_id=order_id, by=by, status=to)


@retrying_atomic
def mark_seen(*, order_id: int, branch: Branch) -> None:
    """A board of the branch shows the order: `seen_at` is set, once. Raises Order.DoesNotExist."""
    order = Order.objects.filter(branch=branch).locked().get(pk=order_id)
    if order.seen_at is None:
        change_row(order, seen_at=timezone.now())


@retrying_atomic
def delete_order(*, order_id: int) -> None:
    """Raises Order.DoesNotExist, OrderNotCancelled."""
    order = Order.objects.locked().get(pk=order_id)
    if order.status != Status.CANCELLED:
        raise OrderNotCancelled
    order.delete()


def _write(order: Order, to: Status, by: CustomUser, values: dict) -> None:
    if to != order.status:
        move_row(order, to, by=by, **values)
        mails.send_moved(order)
    elif values:
        change_row(order, **values)


def _new_note(order: Order, note: str, *, is_staff: bool) -> str:
    if note != order.note and order.status != Status.PENDING and not is_staff:
        raise NoteNotAllowed
    return note


def _new_reason(order: Order, reason: str, to: Status, *, may: bool) -> str:
    if reason != order.cancel_reason and (to != Status.CANCELLED or not may):
        raise ValidationError({"cancel_reason": [_("A reason goes with a cancellation.")]})
    return reason


def _new_promise(order: Order, promised_at: datetime) -> dict:
    """A promise is put off, never taken forward: the customer may have left already. The first one stays known."""
    if promised_at == order.promised_at:
        return {}
    if order.status not in OPEN:
        raise StatusNotAllowed(status=order.status, allowed_statuses=moves_from(order.status, is_staff=True))
    if order.promised_at is not None and promised_at < order.promised_at:
        raise ValidationError({"promised_at": [_("A promise can only be put off.")]})
    if not timezone.now() <= promised_at <= timezone.now() + FURTHEST_PROMISE:
        raise ValidationError({"promised_at": [_("Choose a moment within the next 14 days.")]})
    return {"promised_at": promised_at, "first_promised_at": order.first_promised_at or promised_at}


def _check_move(order: Order, to: Status, *, is_staff: bool) -> None:
    """Raises StatusNotAllowed. Taps repeat: the second one is not an error."""
    allowed = moves_from(order.status, is_staff=is_staff)
    if to not in {order.status, *allowed}:
        raise StatusNotAllowed(status=order.status, allowed_statuses=allowed)
