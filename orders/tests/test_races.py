from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.placing import place_order
from orders.tests.factories import OrderFactory
from products.models import BranchProduct, StockMovement
from products.services import sell_out_rows
from products.tests.factories import BranchProductFactory, ProductFactory
from rest.tests.races import in_parallel, meeting, overtaken
from users.models import IdempotencyRecord
from users.tests.factories import AdminFactory, UserFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for"),
    pytest.mark.django_db(transaction=True),
]


def outcomes(responses: list) -> Counter:
    """How often which status, with its code where there is one."""
    return Counter((response.status_code, response.json().get("code")) for response in responses)


def order_at_once(clients: list, **headers) -> list:
    return in_parallel([lambda client=client: client.post("/api/orders/", {}, **headers) for client in clients])


# --- The last croissant ---------------------------------------------------------------------------------------------


def buyers_of(row: BranchProduct, number: int = 8) -> list:
    return [client_of(CartItemFactory(product=row.product).user) for _ in range(number)]


def test_last_croissant_is_sold_once_and_others_hear_why(branch):
    row = BranchProductFactory(branch=branch, stock=1)

    responses = order_at_once(buyers_of(row))

    row.refresh_from_db()
    assert outcomes(responses) == {(201, None): 1, (409, "cart_has_problems"): 7}
    assert (row.stock, Order.objects.count(), CartItem.objects.count()) == (0, 1, 7)


def test_last_croissant_hits_the_databases_constraint_when_nobody_locks(branch, monkeypatch, untranslated):
    row = BranchProductFactory(branch=branch, stock=1)
    buyers = buyers_of(row)
    monkeypatch.setattr("products.models.stock.BranchProductQuerySet.locked", meeting(8))

    responses = order_at_once(buyers)

    row.refresh_from_db()
    assert outcomes(responses)[409, "conflict"] > 0
    assert (row.stock, Order.objects.count()) == (0, 1)


def test_books_add_up_after_many_bought_at_once(branch):
    row = BranchProductFactory(branch=branch, stock=5)

    responses = order_at_once(buyers_of(row))

    row.refresh_from_db()
    booked = StockMovement.objects.aggregate(total=Sum("change"))["total"]
    assert outcomes(responses) == {(201, None): 5, (409, "cart_has_problems"): 3}
    assert row.stock == booked == 0
    assert sorted(Order.objects.values_list("number", flat=True)) == ["001", "002", "003", "004", "005"]


def test_baskets_in_opposite_orders_wait_without_a_deadlock(branch):
    products = ProductFactory.create_batch(4)
    for product in products[::-1]:
        BranchProductFactory(branch=branch, product=product, stock=100)
    buyers = UserFactory.create_batch(8)
    for number, buyer in enumerate(buyers):
        for product in products if number % 2 else products[::-1]:
            CartItemFactory(user=buyer, product=product)

    responses = order_at_once([client_of(buyer) for buyer in buyers])

    assert outcomes(responses) == {(201, None): 8}


# --- One cart, one order --------------------------------------------------------------------------------------------


def test_cart_is_ordered_once_without_any_key(user, branch):
    CartItemFactory(user=user)

    responses = order_at_once([client_of(user) for _ in range(8)])

    assert outcomes(responses) == {(201, None): 1, (400, "cart_empty"): 7}
    assert Order.objects.count() == 1


def test_cart_is_ordered_more_than_once_when_nobody_locks(user, branch, monkeypatch):
    CartItemFactory(user=user)
    clients = [client_of(user) for _ in range(8)]
    monkeypatch.setattr("orders.placing.lock_cart", meeting(8))

    order_at_once(clients)

    assert Order.objects.count() > 1


@pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "unlocked"])
@pytest.mark.parametrize(("method", "body"), [("delete", None), ("patch", {"quantity": 2})])
def test_ordered_line_is_gone_for_whoever_comes_meanwhile(user, branch, monkeypatch, method, body, is_locked):
    item, client = CartItemFactory(user=user), client_of(user)
    if not is_locked:
        monkeypatch.setattr("cart.services.lock_cart", lambda user: None)

    response = overtaken(lambda: place_order(user=user), lambda: getattr(client, method)(f"/api/cart/{item.pk}/", body))

    assert (response.status_code == 404) is is_locked


def test_one_key_eight_times_makes_one_order(user, branch):
    CartItemFactory(user=user)

    responses = order_at_once([client_of(user) for _ in range(8)], HTTP_IDEMPOTENCY_KEY="tap")

    assert outcomes(responses) == {(201, None): 8}
    assert len({response.content for response in responses}) == 1
    assert sum(response.has_header("Idempotency-Replayed") for response in responses) == 7
    assert Order.objects.count() == 1


@pytest.mark.parametrize("is_locked", [True, False], ids=["locked", "unlocked"])
def test_expired_key_makes_one_new_order_only_when_locked(user, branch, monkeypatch, is_locked, untranslated):
    CartItemFactory(user=user)
    client_of(user).post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="tap")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    CartItemFactory(user=user)
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", without_keys(QuerySet.select_for_update, meeting(8)))

    responses = order_at_once([client_of(user) for _ in range(8)], HTTP_IDEMPOTENCY_KEY="tap")

    assert (outcomes(responses) == {(201, None): 8}) is is_locked
    assert Order.objects.count() == 2


def without_keys(lock, unlocked):
    """`select_for_update`, which locks everything but idempotency keys."""
    return lambda rows, **of: unlocked(rows) if rows.model is IdempotencyRecord else lock(rows, **of)


def test_eight_keys_are_eight_orders_asked_for(user, branch):
    CartItemFactory(user=user)
    clients = [client_of(user) for _ in range(8)]

    responses = in_parallel([
        lambda client=client, key=f"tap-{number}": client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY=key)
        for number, client in enumerate(clients)
    ])  # fmt: skip

    assert outcomes(responses) == {(201, None): 1, (400, "cart_empty"): 7}


# --- Moving at once -------------------------------------------------------------------------------------------------


def move_at_once(clients: list, order: Order, *statuses: str) -> list:
    calls = [
        lambda client=client, status=status: client.patch(f"/api/orders/{order.pk}/", {"status": status})
        for client, status in zip(clients, statuses, strict=True)
    ]
    return in_parallel(calls)


def test_cart_is_ordered_when_it_is_emptied_meanwhile(user, branch):
    CartItemFactory(user=user)
    client = client_of(user)

    response = overtaken(lambda: place_order(user=user), lambda: client.delete("/api/cart/"))

    assert (response.status_code, CartItem.objects.count(), Order.objects.count()) == (204, 0, 1)


def test_selling_out_holds_up_no_order_of_other_products(user, admin_user, branch):
    BranchProductFactory(branch=branch)
    CartItemFactory(user=user)

    with transaction.atomic():
        sell_out_rows(rows=BranchProduct.objects.all(), by=admin_user)
        (order,) = in_parallel([lambda: place_order(user=user)])

    assert order.status == "pending"


def test_twenty_cancels_give_the_stock_back_once(branch):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=3)
    clients = [client_of(order.user) for _ in range(20)]

    responses = move_at_once(clients, order, *["cancelled"] * 20)

    row.refresh_from_db()
    assert outcomes(responses) == {(200, None): 20}
    assert (row.stock, StockMovement.objects.filter(reason="returned").count()) == (5, 1)
    assert order.events.count() == 2


def test_twenty_cancels_collide_when_nobody_locks(branch, monkeypatch):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=3)
    clients = [client_of(order.user) for _ in range(20)]
    monkeypatch.setattr("orders.models.OrderQuerySet.locked", meeting(20))

    responses = move_at_once(clients, order, *["cancelled"] * 20)

    row.refresh_from_db()
    assert outcomes(responses)[409, "conflict"] > 0
    assert row.stock == 5


def test_order_is_cancelled_or_completed_but_never_both(branch):
    boss = AdminFactory()
    orders = [OrderFactory(status="ready") for _ in range(4)]

    for order in orders:
        responses = move_at_once([client_of(boss), client_of(boss)], order, "cancelled", "completed")

        assert outcomes(responses) == {(200, None): 1, (409, "status_not_allowed"): 1}
        assert order.events.filter(status__in=["cancelled", "completed"]).count() == 1


def test_placing_during_a_cancellation_leaves_the_books_right(branch):
    row = BranchProductFactory(branch=branch, stock=4)
    orders = [OrderFactory(product=row.product) for _ in range(4)]
    cancels = [(client_of(order.user), order) for order in orders]
    buyers = buyers_of(row, 4)

    in_parallel([
        *(lambda client=client, order=order: client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled"})
          for client, order in cancels),
        *(lambda client=client: client.post("/api/orders/", {}) for client in buyers),
    ])  # fmt: skip

    row.refresh_from_db()
    sold = Order.objects.exclude(status="cancelled").count()
    assert row.stock == 4 - sold == StockMovement.objects.aggregate(total=Sum("change"))["total"]
