"""What of their orders goes with a customer whose account is closed."""

from orders.changes import change_row
from orders.models import Order
from orders.services import change_status
from orders.statuses import CUSTOMER_MOVES, Status
from users.models import CustomUser


def forget_customer(user: CustomUser) -> None:
    """Cancel what its customer may still cancel, and take their words out of the rest; what is being made is made."""
    own = Order.objects.own(user)
    for order_id in own.filter(status__in=list(CUSTOMER_MOVES)).order_by("pk").values_list("pk", flat=True):
        change_status(order_id=order_id, to=Status.CANCELLED, by=user)
    for order in own.open().order_by("pk").locked():
        change_row(order, customer_name="", note="")
    own.update(customer_name="", note="", cancel_reason="")
