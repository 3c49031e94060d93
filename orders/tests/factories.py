import factory

from cart.tests.factories import CartItemFactory
from orders.models import Order, OrderEvent
from orders.placing import place_order
from orders.promises import keep_work
from orders.reports.booking import book_order
from orders.services import change_status
from orders.statuses import Status
from users.tests.factories import AdminFactory, UserFactory

WAY = [Status.ACCEPTED, Status.PREPARING, Status.READY, Status.COMPLETED]


class OrderFactory(factory.django.DjangoModelFactory):
    """Placed from a cart of one line, at the default branch, and in its `status` with the timeline that leads there."""

    class Meta:
        model = Order

    user = factory.SubFactory(UserFactory)
    status = Status.PENDING

    @classmethod
    def _create(cls, model_class, *args, user, status, product=None, quantity=1, **values):
        CartItemFactory(user=user, quantity=quantity, **({"product": product} if product else {}))
        order = Order.objects.get(pk=place_order(user=user, **values).pk)
        if status in {Status.READY, Status.CANCELLED}:  # moves that do more than write a line
            _write_timeline(order, WAY[:2] if status == Status.READY else [])
            return change_status(order_id=order.pk, to=status, by=AdminFactory())
        _write_timeline(order, WAY[: WAY.index(status) + 1] if status in WAY else [])
        if status == Status.COMPLETED:
            book_order(order)
        return order


def _write_timeline(order: Order, statuses: list[Status]) -> None:
    """Without the mails and the stock, which these moves do not touch."""
    if statuses:
        mover = AdminFactory()
        OrderEvent.objects.bulk_create(OrderEvent(order=order, status=status, by=mover) for status in statuses)
        order.status, order.version = statuses[-1], order.version + len(statuses)
        order.save()
        keep_work(order)
