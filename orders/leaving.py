"""Export and erasure of a customer's orders: what they take along, and what goes when their account is closed."""

from orders.changes import change_row
from orders.models import Order
from orders.serializers import order_state, shown_to
from orders.services import change_status
from orders.statuses import CUSTOMER_MOVES, Status
from users.models import CustomUser


def orders_of(user: CustomUser) -> list[dict]:
    orders = Order.objects.own(user).with_lines().order_by("pk")
    return [shown_to(order_state(order), user, is_staff=False) for order in orders]


def forget_customer(user: CustomUser) -> None:
    """Cancel what its customer may still cancel, and take their words out of the rest; what is being made is made."""
    own = Order.objects.own(user)
    for order_id in own.filter(status__in=list(CUSTOMER_MOVES)).order_by("pk").values_list("pk", flat=True):
        change_status(order_id=order_id, to=Status.CANCELLED, by=user)
    for order in own.open().order_by("pk").locked():
        change_row(order, customer_name="", note="")
    own.update(customer_name="", note="", cancel_reason="")
