"""Customer or staff, order by order: visibility of an order, and the statuses each side may move it to."""

from functools import cached_property

from django.db.models import QuerySet

from orders.models import Order
from orders.statuses import CUSTOMER_MOVES, STAFF_MOVES, Status
from products.models import Branch, is_staff_at
from rest.prepared import Prepared
from users.models import CustomUser


def _staffed_by(user: CustomUser) -> QuerySet:
    return Branch.objects.staffed_by(user).order_by().values_list("pk")


STAFFED = Prepared(lambda *, user_id: _staffed_by(CustomUser(pk=user_id)), user_id=int)  # of no administrator


class Viewer:
    """Somebody who looks at many orders: where they work is looked up once. Good for one request, not for a socket."""

    def __init__(self, user: CustomUser):
        self.user = user

    @cached_property
    def branch_ids(self) -> frozenset[int]:
        branches = _staffed_by(self.user) if self.user.is_admin else STAFFED(user_id=self.user.pk)
        return frozenset(pk for (pk,) in branches)

    def is_staff_of(self, order: Order) -> bool:
        return self.user.is_admin or order.branch_id in self.branch_ids


def moves_of(user: CustomUser, order: Order) -> list[Status]:
    """Statuses that this user may move the order to now."""
    return moves_from(order.status, is_staff=is_staff_at(user, order.branch))


def moves_from(status: str, *, is_staff: bool) -> list[Status]:
    return (STAFF_MOVES if is_staff else CUSTOMER_MOVES).get(status, [])
