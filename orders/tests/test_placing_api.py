from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from orders.models import Order
from orders.placing import place_order
from orders.serializers import OrderEventSerializer, OrderSerializer
from orders.sides import Viewer
from orders.tests.factories import OrderFactory
from products.models import Product
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    BranchSpecialDayFactory,
    OptionFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("body", [{}, None])
def test_empty_body_orders_the_cart_at_the_default_branch(client, user, branch, body):
    croissant = CartItemFactory(user=user, product__name="Круассан", product__price="2.60", quantity=2).product

    response = client.post("/api/orders/", body)

    assert response.status_code == 201
    order = response.json()
    event, item = order["events"][0], order["items"][0]
    assert order | {"created_at": 0, "updated_at": 0} == {
        "id": Order.objects.get().pk,
        "number": "001",
        "status": "pending",
        "version": 1,
        "branch": "main",
        "pickup_place": "",
        "channel": "app",
        "user": {"id": user.pk, "username": "anna"},
        "customer_name": "anna",
        "is_takeaway": True,
        "items": [
            {
                "id": item["id"],
                "product": croissant.pk,
                "product_name": "Круассан",
                "options": [],
                "unit_price": "2.60",
                "quantity": 2,
                "made": 0,
                "subtotal": "5.20",
                "discount": "0.00",
                "free_quantity": 0,
            }
        ],
        "subtotal_price": "5.20",
        "discounts": [],
        "total_price": "5.20",
        "currency": "USD",
        "note": "",
        "pickup_at": None,
        "promised_at": order["first_promised_at"],
        "first_promised_at": order["promised_at"],
        "paid_at": None,
        "seen_at": None,
        "missing_at": None,
        "cancel_reason": "",
        "allowed_statuses": ["cancelled"],
        "created_at": 0,
        "updated_at": 0,
        "events": [{"status": "pending", "at": event["at"], "by": {"id": user.pk, "username": "anna", "name": "anna"}}],
    }


def test_fast_form_of_an_order_equals_its_fields(user, branch):
    oat = OptionFactory(name="Oat", price_delta="0.7")
    latte = ProductFactory()
    latte.option_groups.add(oat.group)
    CartItemFactory(user=user, product=latte, options=[oat.pk], quantity=2)
    placed = place_order(user=user, note="Без сахара", pickup_at=timezone.now() + timedelta(days=1))
    order = Order.objects.with_lines().get(pk=placed.pk)

    serializer = OrderSerializer(order, context={"viewer": Viewer(user)})
    documented = set(serializer.fields)
    for name in ("events", "allowed_statuses"):  # made for who asks, not from the order alone
        del serializer.fields[name]

    plain = super(OrderSerializer, serializer).to_representation(order)
    assert {name: serializer.data[name] for name in plain} == plain
    assert serializer.data.keys() == documented
    assert serializer.data["events"][0].keys() == set(OrderEventSerializer().fields)
    assert serializer.data["items"][0]["options"] == [{"name": "Oat", "price_delta": "0.70"}]


def test_order_keeps_branch_note_and_pickup(client, user, branch):
    CartItemFactory(user=user)
    BranchFactory(slug="brooklyn")
    body = {"branch": "brooklyn", "note": "Без сахара", "pickup_at": in_days(1), "expected_total": "4.50"}

    response = client.post("/api/orders/", body)

    assert response.status_code == 201
    assert (response.json()["branch"], response.json()["note"]) == ("brooklyn", "Без сахара")
    assert datetime.fromisoformat(response.json()["pickup_at"]) == datetime.fromisoformat(body["pickup_at"])


def test_client_never_says_who_buys_at_what_price(client, user, admin_user, branch):
    CartItemFactory(user=user, product__price="4.50")
    body = {"user": admin_user.pk, "total_price": "0.01", "status": "completed", "number": "777", "items": []}

    response = client.post("/api/orders/", body)

    order = Order.objects.get()
    assert response.status_code == 201
    assert (order.user, str(order.total_price), order.status, order.number) == (user, "4.50", "pending", "001")


def test_order_is_refused_when_the_cart_is_empty(client, branch):
    response = client.post("/api/orders/", {})

    assert (response.status_code, response.json()["code"]) == (400, "cart_empty")


def test_order_is_refused_when_there_is_no_default_branch(client, user, branch):
    CartItemFactory(user=user)
    branch.delete()

    response = client.post("/api/orders/", {})

    assert (response.status_code, response.json()["code"]) == (400, "branch_required")


def test_order_is_refused_with_the_carts_problems(client, user, branch):
    item = CartItemFactory(user=user, quantity=2)
    BranchProductFactory(branch=branch, product=item.product, stock=1)

    response = client.post("/api/orders/", {})

    assert (response.status_code, response.json()["code"]) == (409, "cart_has_problems")
    assert response.json()["problems"] == client.get("/api/cart/").json()["problems"]
    assert response.json()["problems"][0]["available"] == 1
    assert CartItem.objects.get() == item


@pytest.mark.parametrize(
    ("expected", "status"), [("4.50", 201), ("4.5", 201), ("4.49", 409), ("9.00", 409), ("-1", 409)]
)
def test_order_is_refused_when_the_seen_total_has_changed(client, user, branch, expected, status):
    CartItemFactory(user=user, product__price="4.50")

    response = client.post("/api/orders/", {"expected_total": expected})

    assert response.status_code == status
    if status == 409:
        assert (response.json()["code"], response.json()["total_price"]) == ("total_changed", "4.50")


def test_order_is_refused_with_the_opening_when_closed(client, user, branch):
    CartItemFactory(user=user)
    for number in (-1, 0):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))

    response = client.post("/api/orders/", {})

    tomorrow = timezone.now().date() + timedelta(days=1)
    assert (response.status_code, response.json()["code"]) == (409, "branch_closed")
    assert response.json()["opens_at"] == f"{tomorrow}T00:00:00Z"


@pytest.mark.parametrize("days", [-0.001, 14.001])
def test_pickup_is_400_when_past_or_beyond_14_days(client, user, branch, days):
    CartItemFactory(user=user)

    response = client.post("/api/orders/", {"pickup_at": in_days(days)})

    assert (response.status_code, list(response.json())) == (400, ["pickup_at"])


@pytest.mark.parametrize("days", [0.001, 13.999])
def test_pickup_is_taken_within_14_days(client, user, branch, days):
    CartItemFactory(user=user)

    response = client.post("/api/orders/", {"pickup_at": in_days(days)})

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("branch", "nowhere"), ("branch", ""), ("branch", None), ("branch", 1), ("branch", []), ("branch", {}),
        ("branch", "main\x00"), ("branch", True),
        ("note", None), ("note", "x" * 501), ("note", "a\x00b"), ("note", []), ("note", {}), ("note", True),
        ("pickup_at", ""), ("pickup_at", "soon"), ("pickup_at", 1), ("pickup_at", True), ("pickup_at", []),
        ("pickup_at", "2026-12-01T08:00:00"),
        ("pickup_at", {}), ("pickup_at", "2026-13-01T00:00:00Z"), ("pickup_at", "9999-12-31T23:59:59-23:59"),
        ("pickup_at", "0001-01-01T00:00:00+23:59"), ("pickup_at", "٢٠٢٦-١٢-٠١T٠٨:٠٠:٠٠Z"), ("pickup_at", "\x00"),
        ("expected_total", 4.5), ("expected_total", 4), ("expected_total", "NaN"), ("expected_total", "1e999"),
        ("expected_total", "1_0"), ("expected_total", "٤.٥٠"), ("expected_total", "4.505"), ("expected_total", None),
        ("expected_total", ""), ("expected_total", True), ("expected_total", []), ("expected_total", {}),
    ],
)  # fmt: skip
def test_order_names_the_field_that_makes_no_sense(client, user, branch, field, value):
    CartItemFactory(user=user)

    response = client.post("/api/orders/", {field: value})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["null", "[]", '"x"', "1", "{", '{"expected_total": NaN}', '{"expected_total": 1e999}', '{"note": "\\udfff"}'],
)
def test_body_is_400_when_it_is_no_order(client, user, branch, body):
    CartItemFactory(user=user)

    response = client.generic("POST", "/api/orders/", body, content_type="application/json")

    assert response.status_code == 400
    assert not Order.objects.exists()


def test_branch_out_of_business_takes_no_order(client, user, branch):
    CartItemFactory(user=user)
    BranchFactory(slug="closed", is_active=False)

    response = client.post("/api/orders/", {"branch": "closed"})

    assert (response.status_code, list(response.json())) == (400, ["branch"])


def test_price_changed_afterwards_does_not_alter_the_order(client, user, branch):
    order = OrderFactory(user=user)
    before = client.get(f"/api/orders/{order.pk}/").json()

    Product.objects.update(price="99.00", name="Renamed")

    assert client.get(f"/api/orders/{order.pk}/").json() == before


def test_product_deleted_afterwards_stays_in_the_order_by_name(client, user, branch):
    order = OrderFactory(user=user, product=ProductFactory(name="Медовик"))
    Product.objects.all().delete()

    (item,) = client.get(f"/api/orders/{order.pk}/").json()["items"]

    assert (item["product"], item["product_name"], item["subtotal"]) == (None, "Медовик", "4.50")
