"""Orders that staff type in at the counter."""

import pytest

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.services import change_status
from orders.tests.factories import OrderFactory
from products.tests.factories import BranchFactory, BranchProductFactory, BranchStaffFactory
from users.tests.factories import GuestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def typist(branch):
    return BranchStaffFactory(branch=branch).user


@pytest.fixture
def latte(branch):
    return BranchProductFactory(branch=branch, product__price="4.50", stock=3).product


def counter_order(latte, **values) -> dict:
    items = [{"product": latte.pk, "quantity": 2}]
    return {"channel": "counter", "branch": "main", "items": items, "customer_name": "Olga", **values}


def test_counter_order_is_accepted_and_takes_stock_without_cart(typist, latte):
    CartItemFactory(user=typist, product=latte)

    answer = client_of(typist).post("/api/orders/", counter_order(latte, is_paid=True, is_takeaway=False))

    order = answer.json()
    assert (answer.status_code, order["status"], order["channel"]) == (201, "accepted", "counter")
    assert (order["customer_name"], order["is_takeaway"], order["total_price"]) == ("Olga", False, "9.00")
    assert order["paid_at"] is not None
    assert [event["status"] for event in order["events"]] == ["accepted"]
    assert (latte.branch_products.get().stock, CartItem.objects.count()) == (1, 1)


@pytest.mark.parametrize("said", [{}, {"is_paid": False}])
def test_counter_order_is_unpaid_unless_said_otherwise(typist, latte, said):
    order = client_of(typist).post("/api/orders/", counter_order(latte, **said)).json()

    assert (order["status"], order["paid_at"]) == ("accepted", None)


def test_counter_order_belongs_to_staff_not_to_its_typist(typist, latte, branch):
    client = client_of(typist)
    pk = client.post("/api/orders/", counter_order(latte)).json()["id"]
    colleague = client_of(BranchStaffFactory(branch=branch).user)
    seen = [who.get(f"/api/orders/{pk}/").status_code for who in (client, colleague)]

    typist.positions.all().delete()

    assert seen == [200, 200]
    assert client.get(f"/api/orders/{pk}/").status_code == 404
    assert client.get("/api/orders/").json()["results"] == []


def test_repeated_counter_order_is_one(typist, latte):
    answers = [
        client_of(typist).post("/api/orders/", counter_order(latte), HTTP_IDEMPOTENCY_KEY="tap") for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert Order.objects.count() == 1


@pytest.mark.parametrize("where", ["customer", "elsewhere"])
def test_counter_is_for_staff_of_the_branch(user, latte, where):
    caller = user if where == "customer" else BranchStaffFactory().user

    answer = client_of(caller).post("/api/orders/", counter_order(latte))

    assert (answer.status_code, answer.json()["code"], Order.objects.count()) == (403, "permission_denied", 0)


def test_customer_does_not_say_that_it_is_paid(client, user, branch):
    CartItemFactory(user=user)

    answer = client.post("/api/orders/", {"is_paid": True})

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_customer_says_here_or_to_go_and_a_name(client, user, branch):
    CartItemFactory(user=user)

    order = client.post("/api/orders/", {"is_takeaway": False, "customer_name": "Аня"}).json()

    assert (order["is_takeaway"], order["customer_name"], order["channel"]) == (False, "Аня", "app")


@pytest.mark.parametrize(
    "items", [None, "latte", [{}], [{"product": True}], [{"product": 10**15}], [{"product": 1, "quantity": 0}]]
)
def test_counter_order_of_nonsense_is_400(typist, latte, items):
    answer = client_of(typist).post("/api/orders/", counter_order(latte, items=items))

    assert (answer.status_code, list(answer.json())) == (400, ["items"])


@pytest.mark.parametrize(("items", "status", "code"), [([], 400, "cart_empty"), (None, 409, "cart_has_problems")])
def test_counter_order_is_checked_as_a_cart_is(typist, latte, items, status, code):
    items = [{"product": latte.pk, "quantity": 4}] if items is None else items

    answer = client_of(typist).post("/api/orders/", counter_order(latte, items=items))

    assert (answer.status_code, answer.json()["code"], latte.branch_products.get().stock) == (status, code, 3)


# --- Too many -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "most"), [(None, 5), (GuestFactory, 2)], ids=["user", "guest"])
def test_open_orders_that_are_not_paid_are_limited(user, branch, settings, make, most):
    settings.OPEN_ORDERS, settings.OPEN_ORDERS_GUEST = 5, 2
    customer = make() if make else user
    orders = [OrderFactory(user=customer) for _ in range(most)]
    CartItemFactory(user=customer)
    client = client_of(customer)

    refused = client.post("/api/orders/", {})
    change_status(order_id=orders[0].pk, to="cancelled", by=customer)
    allowed = client.post("/api/orders/", {})

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_open_orders")
    assert allowed.status_code == 201


def test_paid_and_counter_orders_do_not_count(typist, latte, branch, settings):
    settings.OPEN_ORDERS = 1
    client = client_of(typist)
    client.post("/api/orders/", counter_order(latte))
    order = OrderFactory(user=typist)
    client.patch(f"/api/orders/{order.pk}/", {"is_paid": True})
    CartItemFactory(user=typist)

    answer = client.post("/api/orders/", {})

    assert answer.status_code == 201


def test_default_branch_is_the_counters_too(typist, latte):
    body = counter_order(latte)
    del body["branch"]
    BranchFactory()

    assert client_of(typist).post("/api/orders/", body).json()["branch"] == "main"
