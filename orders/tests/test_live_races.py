"""What happens to one order at the same moment, each with a negative control: the lock off, and it shows."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from mailer.models import Message

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.moving import move_order
from orders.services import change_status
from orders.tending import tend_orders
from orders.tests.factories import OrderFactory
from orders.tests.test_races import outcomes
from products.models import Branch
from products.tests.factories import BranchFactory, BranchProductFactory, BranchStaffFactory
from rest.exceptions import Conflict
from rest.tests.races import in_parallel, meeting, overtaken
from users.tests.factories import AdminFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for"),
    pytest.mark.django_db(transaction=True),
]
LOCKED = pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "unlocked"])
ORDER_LOCK = "orders.models.OrderQuerySet.locked"


@LOCKED
def test_baristas_who_tap_the_same_cup_make_it_once(branch, monkeypatch, is_locked):
    order = OrderFactory(status="accepted", quantity=2)
    version = order.version
    url = f"/api/orders/{order.pk}/items/{order.items.get().pk}/"
    baristas = [client_of(BranchStaffFactory(branch=branch).user) for _ in range(8)]
    if not is_locked:
        monkeypatch.setattr(ORDER_LOCK, meeting(8))

    responses = in_parallel([lambda client=client: client.patch(url, {"made": 1}) for client in baristas])

    order.refresh_from_db()
    assert (outcomes(responses) == {(200, None): 8}) is is_locked
    assert (order.items.get().made, order.status, order.version) == (1, "preparing", version + 1)
    assert order.events.filter(status="preparing").count() == 1


@LOCKED
def test_order_cancelled_while_moving_returns_stock_where_it_went(user, branch, monkeypatch, is_locked):
    here, other = BranchProductFactory(branch=branch, stock=5), BranchFactory()
    there = BranchProductFactory(branch=other, product=here.product, stock=5)
    order, client = OrderFactory(user=user, product=here.product, quantity=2), client_of(user)
    if not is_locked:
        monkeypatch.setattr(ORDER_LOCK, lambda orders: orders)

    cancelled = overtaken(
        lambda: move_order(order_id=order.pk, branch=other, by=user),
        lambda: client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled"}),
    )

    here.refresh_from_db()
    there.refresh_from_db()
    assert (cancelled.status_code, here.stock, there.stock) == ((200, 5, 5) if is_locked else (409, 5, 3))


@LOCKED
def test_missing_is_reported_once_by_eight_taps(user, branch, monkeypatch, is_locked):
    order = OrderFactory(user=user, status="ready")
    clients = [client_of(user) for _ in range(8)]
    if not is_locked:
        monkeypatch.setattr(ORDER_LOCK, meeting(8))

    responses = in_parallel(
        [lambda client=client: client.post(f"/api/orders/{order.pk}/missing/") for client in clients]
    )

    assert (outcomes(responses) == {(200, None): 1, (429, "throttled"): 7}) is is_locked
    assert Order.objects.get().version == order.version + 1


@LOCKED
def test_order_that_is_accepted_just_now_does_not_end(branch, monkeypatch, is_locked):
    order, boss = OrderFactory(), AdminFactory()
    Order.objects.update(created_at=timezone.now() - timedelta(minutes=31))
    if not is_locked:
        monkeypatch.setattr(ORDER_LOCK, lambda orders: orders)

    ended = overtaken(lambda: change_status(order_id=order.pk, to="accepted", by=boss), lambda: outcome_of(tend_orders))

    assert (ended == (0, 0)) is is_locked
    assert Order.objects.get().status == "accepted"


def outcome_of(call):
    try:
        return call()
    except Conflict:
        return "conflict"


@LOCKED
def test_unseen_order_is_told_once_by_four_servers(branch, settings, monkeypatch, is_locked, untranslated):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    BranchStaffFactory(branch=branch, position="manager")
    OrderFactory()
    Order.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    Message.objects.all().delete()
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", meeting(4))

    told = in_parallel([tend_orders] * 4)

    assert Counter(told) == ({(0, 1): 1, (0, 0): 3} if is_locked else {(0, 1): 4})
    assert Message.objects.count() == (1 if is_locked else 4)


@LOCKED
def test_parallel_orders_of_two_days_share_no_number(branch, monkeypatch, is_locked, untranslated):
    calls = []
    for number in range(8):
        client = client_of(CartItemFactory().user)
        pickup_at = timezone.now() + timedelta(days=number % 2, minutes=5)
        body = {"pickup_at": pickup_at.isoformat()}
        calls.append(lambda client=client, body=body: client.post("/api/orders/", body))
    if not is_locked:
        lock, together = QuerySet.select_for_update, meeting(8)
        unlocked = lambda rows, **of: together(rows) if rows.model is Branch else lock(rows, **of)  # noqa: E731
        monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    responses = in_parallel(calls)

    numbers = {response.json()["number"] for response in responses}
    assert outcomes(responses) == {(201, None): 8}
    assert (len(numbers) == 8) is is_locked
