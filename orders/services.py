from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from orders import mails
from orders.changes import change_row, move_row
from orders.exceptions import NoteNotAllowed, OrderNotCancelled, StatusNotAllowed
from orders.models import Order
from orders.sides import moves_from
from orders.statuses import Status
from products.models import is_staff_at
from rest.transactions import atomic
from users.models import CustomUser


@atomic
def change_order(
    *,
    order_id: int,
    by: CustomUser,
    status: Status | None = None,
    note: str | None = None,
    cancel_reason: str | None = None,
) -> Order:
    """Change what was sent of an order, all or nothing.

    Raises Order.DoesNotExist for an order the caller may not see, StatusNotAllowed, NoteNotAllowed, ValidationError
    for a reason without a cancellation.
    """
    order = Order.objects.visible_to(by).locked().get(pk=order_id)
    is_staff, to = is_staff_at(by, order.branch), status or order.status
    values = {}
    if note is not None:
        values["note"] = _new_note(order, note, is_staff=is_staff)
    _check_move(order, to, is_staff=is_staff)
    is_moved = to != order.status
    if cancel_reason is not None:
        values["cancel_reason"] = _new_reason(order, cancel_reason, to, may=is_moved or is_staff)
    values = {name: value for name, value in values.items() if value != getattr(order, name)}
    if is_moved:
        move_row(order, to, by=by, **values)
        mails.send_moved(order)
    elif values:
        change_row(order, **values)
    return order


def change_status(*, order_id: int, to: Status, by: CustomUser) -> Order:
    """Move an order along its status table; cancelling gives stock back. Raises StatusNotAllowed."""
    return change_order(order_id=order_id, by=by, status=to)


@atomic
def delete_order(*, order_id: int) -> None:
    """Raises Order.DoesNotExist, OrderNotCancelled."""
    order = Order.objects.locked().get(pk=order_id)
    if order.status != Status.CANCELLED:
        raise OrderNotCancelled
    order.delete()


def _new_note(order: Order, note: str, *, is_staff: bool) -> str:
    if note != order.note and order.status != Status.PENDING and not is_staff:
        raise NoteNotAllowed
    return note


def _new_reason(order: Order, reason: str, to: Status, *, may: bool) -> str:
    if reason != order.cancel_reason and (to != Status.CANCELLED or not may):
        raise ValidationError({"cancel_reason": [_("A reason goes with a cancellation.")]})
    return reason


def _check_move(order: Order, to: Status, *, is_staff: bool) -> None:
    """Raises StatusNotAllowed. Taps repeat: the second one is not an error."""
    allowed = moves_from(order.status, is_staff=is_staff)
    if to not in {order.status, *allowed}:
        raise StatusNotAllowed(status=order.status, allowed_statuses=allowed)
