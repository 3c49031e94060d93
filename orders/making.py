"""Making cups: what is done of each line, and how that moves the order along."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError

from orders.changes import change_row, move_row
from orders.exceptions import StatusNotAllowed
from orders.models import Order, OrderItem
from orders.statuses import STAFF_MOVES, Status
from products.models import is_staff_at
from rest.transactions import retrying_atomic
from users.models import CustomUser

BEING_MADE = {Status.ACCEPTED, Status.PREPARING, Status.READY}


@retrying_atomic
def make_item(*, order_id: int, item_id: int, made: int, by: CustomUser) -> Order:
    """Say how many cups of a line are made. The first one begins the order, the last one makes it ready, and one taken
    back from a ready order makes it `preparing`. What is so already stays, whatever the status.

    Raises Order.DoesNotExist, OrderItem.DoesNotExist, PermissionDenied for the customer, ValidationError for more than
    were ordered, StatusNotAllowed for an order that is not being made.
    """
    order = Order.objects.visible_to(by).locked().get(pk=order_id)
    if not is_staff_at(by, order.branch):
        raise PermissionDenied
    items = list(order.items.all())
    item = next((item for item in items if item.pk == item_id), None)
    if item is None:
        raise OrderItem.DoesNotExist
    if made > item.quantity:
        raise ValidationError({"made": [_("Only %d were ordered.") % item.quantity]})
    if made != item.made:
        if order.status not in BEING_MADE:
            raise StatusNotAllowed(status=order.status, allowed_statuses=STAFF_MOVES[order.status])
        item.made = made
        item.save(update_fields=["made"])
        _follow(order, items, by)
    return order


def _follow(order: Order, items: list[OrderItem], by: CustomUser) -> None:
    """Move the order to where its cups are; its version grows even where the status stays."""
    is_begun = any(item.made for item in items)
    is_made = all(item.made == item.quantity for item in items)
    steps = []
    if order.status == Status.READY and not is_made:
        steps = [Status.PREPARING]
    elif order.status != Status.READY and is_made:
        steps = [Status.PREPARING, Status.READY]
    elif order.status == Status.ACCEPTED and is_begun:
        steps = [Status.PREPARING]
    steps = [status for status in steps if status != order.status]
    for status in steps:
        move_row(order, status, by=by)
    if not steps:
        change_row(order)
