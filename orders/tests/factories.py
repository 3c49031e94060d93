import factory

from cart.tests.factories import CartItemFactory
from orders.models import Order
from orders.placing import place_order
from orders.services import change_status
from orders.statuses import Status
from users.tests.factories import AdminFactory, UserFactory

WAYS = {
    Status.PENDING: [],
    Status.ACCEPTED: [Status.ACCEPTED],
    Status.PREPARING: [Status.ACCEPTED, Status.PREPARING],
    Status.READY: [Status.ACCEPTED, Status.PREPARING, Status.READY],
    Status.COMPLETED: [Status.ACCEPTED, Status.PREPARING, Status.READY, Status.COMPLETED],
    Status.CANCELLED: [Status.CANCELLED],
}


class OrderFactory(factory.django.DjangoModelFactory):
    """Placed from a cart of one line, at the default branch, and moved to its `status` by an administrator."""

    class Meta:
        model = Order

    user = factory.SubFactory(UserFactory)
    status = Status.PENDING

    @classmethod
    def _create(cls, model_class, *args, user, status, product=None, quantity=1, **values):
        CartItemFactory(user=user, quantity=quantity, **({"product": product} if product else {}))
        order = place_order(user=user, **values)
        mover = AdminFactory() if WAYS[status] else None
        for step in WAYS[status]:
            order = change_status(order_id=order.pk, to=step, by=mover)
        return order
