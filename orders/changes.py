"""The one place that writes a placed order's row, so that whoever watches orders hears of every change."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from orders.events import publish_order
from orders.models import Channel, Order, OrderEvent, OrderItem
from orders.promises import keep_work
from orders.reports.booking import book_order
from orders.statuses import Status
from products.stock import return_stock
from promotions.services import Cups, complete_order, release_order
from rest.exceptions import Conflict
from rest.transactions import retrying_atomic
from users.models import CustomUser


def change_row(order: Order, *, left_branch_id: int | None = None, **values) -> None:
    """Optimistic update of a locked order: sets the values, its version grows by one, and it is published on commit.

    The lock makes movers wait for each other; the version refuses whoever read the row without it. Raises Conflict.
    """
    values |= {"version": order.version + 1, "updated_at": timezone.now()}
    if not Order.objects.filter(pk=order.pk, version=order.version).update(**values):
        raise Conflict
    for name, value in values.items():
        setattr(order, name, value)
    keep_work(order)
    publish_order(order, left_branch_id=left_branch_id)


@retrying_atomic
def move_row(order: Order, to: Status, *, by: CustomUser | None, **values) -> None:
    """Change a locked order's status and write the timeline's line; a cancelled one gives its stock back, and
    of a ready one all cups are made.

    Without `by` the shop itself moves it. Whether it may be moved there is asked before.
    """
    ready_mail_at = {Status.READY: timezone.now() + timedelta(seconds=settings.READY_MAIL_SECONDS)}
    if to != Status.COMPLETED:  # whoever steps back in time stops the e-mail
        values["ready_mail_at"] = ready_mail_at.get(to)
    change_row(order, status=to, **values)
    OrderEvent.objects.create(order=order, status=to, by=by)
    if to == Status.READY:
        order.items.filter(made__lt=F("quantity")).update(made=F("quantity"))
    if to == Status.CANCELLED:
        return_stock(order_id=order.pk, order_version=order.version, by=by)
        if order.discounts:
            release_order(order_id=order.pk)
    if to == Status.COMPLETED and order.channel == Channel.APP:
        complete_order(order_id=order.pk, user_id=order.user_id, cups=_cups(order))
    if to == Status.COMPLETED:
        book_order(order)  # last, because those who complete another order of that day wait for it


def _cups(order: Order) -> list[Cups]:
    items = OrderItem.objects.filter(order=order).select_related("product")
    return [Cups(item.product and item.product.category_id, item.paid_quantity) for item in items]
