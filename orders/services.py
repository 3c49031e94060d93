from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from orders import mails
from orders.exceptions import NoteNotAllowed, OrderNotCancelled, StatusNotAllowed
from orders.models import Order, OrderEvent
from orders.statuses import Status
from products.stock import return_stock
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
    if note is not None and note != order.note:
        _change_note(order, note, by)
    is_moved = status is not None and _move(order, status, by)
    if cancel_reason is not None and cancel_reason != order.cancel_reason:
        _give_reason(order, cancel_reason, may=is_moved or by.is_admin)
    if is_moved:
        mails.send_moved(order)
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


def _change_note(order: Order, note: str, by: CustomUser) -> None:
    if order.status != Status.PENDING and not by.is_admin:
        raise NoteNotAllowed
    order.note = note
    order.save(update_fields=["note", "updated_at"])


def _move(order: Order, to: Status, by: CustomUser) -> bool:
    if order.status == to:
        return False  # taps repeat: the second one is not an error
    if to not in order.allowed_statuses(by):
        raise StatusNotAllowed(status=order.status, allowed_statuses=order.allowed_statuses(by))
    order.status = to
    order.save(update_fields=["status", "updated_at"])
    OrderEvent.objects.create(order=order, status=to, by=by)
    if to == Status.CANCELLED:
        return_stock(order_id=order.pk, by=by)
    return True


def _give_reason(order: Order, reason: str, *, may: bool) -> None:
    if order.status != Status.CANCELLED or not may:
        raise ValidationError({"cancel_reason": [_("A reason goes with a cancellation.")]})
    order.cancel_reason = reason
    order.save(update_fields=["cancel_reason", "updated_at"])
