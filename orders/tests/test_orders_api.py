from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.placing import place_order
from orders.serializers import OrderSerializer
from orders.services import change_status
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


def ids(response) -> list[int]:
    return [row["id"] for row in response.json()["results"]]


def in_days(days: float) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


# --- Placing --------------------------------------------------------------------------------------------------------


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
        "branch": "main",
        "user": {"id": user.pk, "username": "anna"},
        "items": [
            {
                "id": item["id"],
                "product": croissant.pk,
                "product_name": "Круассан",
                "options": [],
                "unit_price": "2.60",
                "quantity": 2,
                "subtotal": "5.20",
            }
        ],
        "total_price": "5.20",
        "currency": "USD",
        "note": "",
        "pickup_at": None,
        "cancel_reason": "",
        "allowed_statuses": ["cancelled"],
        "created_at": 0,
        "updated_at": 0,
        "events": [{"status": "pending", "at": event["at"], "by": {"id": user.pk, "username": "anna"}}],
    }


def test_fast_form_of_an_order_is_what_its_fields_would_give(user, branch, rf):
    oat = OptionFactory(name="Oat", price_delta="0.7")
    latte = ProductFactory()
    latte.option_groups.add(oat.group)
    CartItemFactory(user=user, product=latte, options=[oat.pk], quantity=2)
    placed = place_order(user=user, note="Без сахара", pickup_at=timezone.now() + timedelta(days=1))
    order = Order.objects.with_lines().get(pk=placed.pk)
    request = rf.get("/")
    request.user = user

    serializer = OrderSerializer(order, context={"request": request})

    assert serializer.data == super(OrderSerializer, serializer).to_representation(order)
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
def test_order_is_placed_at_the_total_the_customer_saw_or_not_at_all(client, user, branch, expected, status):
    CartItemFactory(user=user, product__price="4.50")

    response = client.post("/api/orders/", {"expected_total": expected})

    assert response.status_code == status
    if status == 409:
        assert (response.json()["code"], response.json()["total_price"]) == ("total_changed", "4.50")


def test_order_is_refused_with_the_opening_when_the_branch_is_closed(client, user, branch):
    CartItemFactory(user=user)
    for number in (-1, 0):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))

    response = client.post("/api/orders/", {})

    tomorrow = timezone.now().date() + timedelta(days=1)
    assert (response.status_code, response.json()["code"]) == (409, "branch_closed")
    assert response.json()["opens_at"] == f"{tomorrow}T00:00:00Z"


@pytest.mark.parametrize("days", [-0.001, 14.001])
def test_pickup_is_400_when_it_is_past_or_more_than_14_days_ahead(client, user, branch, days):
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
def test_body_is_400_when_it_is_no_order_at_all(client, user, branch, body):
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


# --- Who sees what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "url"),
    [("get", ""), ("post", ""), ("get", "1/"), ("patch", "1/"), ("put", "1/"), ("delete", "1/")],
)
def test_orders_need_a_token(anonymous, branch, method, url):
    response = getattr(anonymous, method)(f"/api/orders/{url}")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("method", ["get", "patch", "put"])
def test_strangers_order_is_404(client, branch, method):
    order = OrderFactory()

    response = getattr(client, method)(f"/api/orders/{order.pk}/", {"status": "cancelled"} if method != "get" else None)

    order.refresh_from_db()
    assert (response.status_code, response.json()["code"], order.status) == (404, "not_found", "pending")


def test_customer_lists_own_orders_and_administrator_all_newest_first(client, user, admin_client, branch):
    first, strange, last = OrderFactory(user=user), OrderFactory(), OrderFactory(user=user)

    own, every = client.get("/api/orders/"), admin_client.get("/api/orders/")

    assert ids(own) == [last.pk, first.pk]
    assert ids(every) == [last.pk, strange.pk, first.pk]
    assert "count" not in own.json()


def test_allowed_statuses_are_those_of_the_one_who_asks(client, user, admin_client, branch):
    order = OrderFactory(user=user, status="preparing")

    answers = [caller.get(f"/api/orders/{order.pk}/").json()["allowed_statuses"] for caller in (client, admin_client)]

    assert answers == [[], ["ready", "cancelled"]]


@pytest.mark.parametrize("pk", ["0", "01", "-1", "1.5", "1_0", "٣", "abc", "%00", "9" * 18, "9" * 19])
def test_id_in_a_path_is_404_when_it_is_no_plain_number_or_nobodys(admin_client, branch, pk):
    url = f"/api/orders/{pk}/"

    answers = [admin_client.get(url), admin_client.patch(url, {}), admin_client.put(url, {}), admin_client.delete(url)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 4


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_collection_answers_405_to_methods_it_does_not_have(admin_client, branch, method):
    response = getattr(admin_client, method)("/api/orders/")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


# --- Lists ----------------------------------------------------------------------------------------------------------


def test_list_is_filtered_and_ordered(client, user, branch):
    for status in ["pending", "cancelled", "ready"]:
        OrderFactory(user=user, status=status)
    expected = {
        "": ["ready", "cancelled", "pending"],
        "status=pending": ["pending"],
        "status=pending,ready": ["ready", "pending"],
        "status=pending,": ["pending"],
        "status=": ["ready", "cancelled", "pending"],
        "status=completed": [],
        "branch=main": ["ready", "cancelled", "pending"],
        "branch=nowhere": [],
        "ordering=created_at": ["pending", "cancelled", "ready"],
        "ordering=-created_at": ["ready", "cancelled", "pending"],
    }

    answers = {query: client.get(f"/api/orders/?{query}") for query in expected}

    found = {query: [row["status"] for row in answer.json()["results"]] for query, answer in answers.items()}
    assert found == expected


def test_list_is_filtered_by_customer(client, user, admin_client, branch):
    own, strange = OrderFactory(user=user), OrderFactory()

    of_stranger = f"/api/orders/?user={strange.user.pk}"

    assert ids(admin_client.get(of_stranger)) == [strange.pk]
    assert ids(admin_client.get(f"/api/orders/?user={user.pk}")) == [own.pk]
    assert ids(client.get(of_stranger)) == []


def test_list_is_filtered_by_moments_whatever_their_offset(client, user, branch):
    order = OrderFactory(user=user)
    Order.objects.update(created_at=datetime(2026, 11, 23, 8, 30, tzinfo=UTC))

    found = {
        query: ids(client.get(f"/api/orders/?{query}")) == [order.pk]
        for query in [
            "created_after=2026-11-23T08:30:00Z",
            "created_after=2026-11-23T11:30:00%2B03:00",
            "created_after=2026-11-23T11:30:00+03:00",
            "created_after=2026-11-23T08:30:01Z",
            "created_before=2026-11-23T08:30:00Z",
            "created_before=2026-11-23T08:30:01",
            "created_after=0001-01-01T00:00:00Z",
            "created_before=9999-12-31T23:59:59Z",
        ]
    }

    assert list(found.values()) == [True, True, True, False, False, True, True, True]


def test_list_finds_what_moved_since(client, user, branch):
    still, moved = OrderFactory(user=user), OrderFactory(user=user)
    since = timezone.now()
    change_status(order_id=moved.pk, to="cancelled", by=user)

    response = client.get("/api/orders/", {"updated_after": since.isoformat()})

    assert ids(response) == [moved.pk]
    assert still.pk not in ids(response)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("status=pending,lost", "status"),
        ("status=%00", "status"),
        ("branch=%00", "branch"),
        (f"branch={'x' * 81}", "branch"),
        ("user=me", "user"),
        ("user=-1", "user"),
        ("user=1.5", "user"),
        ("user=1_0", "user"),
        ("user=٣", "user"),
        ("user=%201", "user"),
        ("user=1%0A", "user"),
        ("user=9999999999999999999", "user"),
        ("user=%00", "user"),
        ("created_after=yesterday", "created_after"),
        ("created_after=9999-12-31T23:59:59-23:59", "created_after"),
        ("created_before=0001-01-01T00:00:00%2B23:59", "created_before"),
        ("updated_after=%00", "updated_after"),
        ("updated_after=1e999", "updated_after"),
        ("ordering=total_price", "ordering"),
        ("ordering=", "ordering"),
        ("ordering=%00", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=abc", "page_size"),
    ],
)
def test_list_names_the_parameter_that_makes_no_sense(admin_client, branch, query, field):
    response = admin_client.get(f"/api/orders/?{query}")

    assert (response.status_code, list(response.json())) == (400, [field])


@pytest.mark.parametrize(
    "cursor",
    [
        "rubbish", "%00", "٣", "====", "cD1hYmM=", "bz0tMQ==",  # p=abc, o=-1
        "cD05OTk5LTEyLTMxVDIzJTNBNTklM0E1OS0yMyUzQTU5",  # p=9999-12-31T23:59:59-23:59
        "cD0wMDAxLTAxLTAxVDAwJTNBMDAlM0EwMCUyQjIzJTNBNTk=",  # p=0001-01-01T00:00:00+23:59
        "cD0lMDA=",  # p=%00
    ],
)  # fmt: skip
def test_cursor_somebody_made_up_finds_nothing_and_breaks_nothing(client, user, branch, cursor):
    OrderFactory(user=user)

    response = client.get(f"/api/orders/?cursor={cursor}")

    assert response.status_code in {200, 404}


@pytest.mark.parametrize("ordering", ["created_at", "-created_at"])
def test_cursor_walks_through_every_order_once_even_if_all_came_at_one_moment(client, user, branch, ordering):
    for _ in range(5):
        OrderFactory(user=user)
    Order.objects.update(created_at=datetime(2026, 11, 23, 8, 30, tzinfo=UTC))

    url, pages = f"/api/orders/?page_size=2&ordering={ordering}", []
    while url:
        pages.append(client.get(url))
        url = pages[-1].json()["next"]

    assert [len(ids(page)) for page in pages] == [2, 2, 1]
    assert len({pk for page in pages for pk in ids(page)}) == 5


@pytest.mark.parametrize("ordering", ["created_at", "-created_at"])
def test_cursor_walks_back_to_where_it_began(client, user, branch, ordering):
    for _ in range(3):
        OrderFactory(user=user)

    first = client.get(f"/api/orders/?page_size=2&ordering={ordering}")
    second = client.get(first.json()["next"])
    back = client.get(second.json()["previous"])

    assert ids(back) == ids(first)


def test_cursor_does_not_slip_when_an_order_comes_in(client, user, branch):
    old = [OrderFactory(user=user).pk for _ in range(4)]
    first = client.get("/api/orders/?page_size=2").json()

    OrderFactory(user=user)
    second = client.get(first["next"])

    assert ids(second) == old[1::-1]


@pytest.mark.parametrize("number", [1, 8])
def test_list_takes_five_queries_whatever_its_length(client, user, branch, django_assert_num_queries, number):
    for _ in range(number):
        OrderFactory(user=user, status="ready")

    with django_assert_num_queries(5):  # user, orders with branch and customer, items, events, who moved them
        response = client.get("/api/orders/")

    assert len(ids(response)) == number


# --- Changing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["patch", "put"])
def test_customer_changes_the_note_and_repeats_it(client, user, branch, method):
    order = OrderFactory(user=user)

    answers = [getattr(client, method)(f"/api/orders/{order.pk}/", {"note": "Без сахара"}) for _ in range(2)]

    assert [(answer.status_code, answer.json()["note"]) for answer in answers] == [(200, "Без сахара")] * 2


@pytest.mark.parametrize("status", ["accepted", "preparing", "ready", "completed", "cancelled"])
def test_note_is_the_administrators_once_the_order_is_not_pending(client, user, admin_client, branch, status):
    order = OrderFactory(user=user, status=status, note="old")

    own = client.patch(f"/api/orders/{order.pk}/", {"note": "new"})
    unchanged = client.patch(f"/api/orders/{order.pk}/", {"note": "old"})
    administrators = admin_client.patch(f"/api/orders/{order.pk}/", {"note": "new"})

    assert (own.status_code, own.json()["code"]) == (409, "note_not_allowed")
    assert (unchanged.status_code, administrators.status_code) == (200, 200)


def test_nothing_else_of_an_order_can_be_changed(admin_client, branch):
    order = OrderFactory()
    before = admin_client.get(f"/api/orders/{order.pk}/").json()
    body = {"total_price": "0.01", "items": [], "user": 1, "branch": "x", "number": "9", "pickup_at": None, "id": 5}

    response = admin_client.patch(f"/api/orders/{order.pk}/", body)

    assert (response.status_code, response.json()) == (200, before)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "lost"), ("status", ""), ("status", None), ("status", 1), ("status", []), ("status", {}),
        ("status", "CANCELLED"), ("note", None), ("note", "x" * 501), ("note", "\x00"), ("note", []),
        ("cancel_reason", None), ("cancel_reason", "x" * 501), ("cancel_reason", "why not"),
    ],
)  # fmt: skip
def test_change_names_the_field_that_makes_no_sense(admin_client, branch, field, value):
    order = OrderFactory()

    response = admin_client.patch(f"/api/orders/{order.pk}/", {field: value})

    assert (response.status_code, list(response.json())) == (400, [field])


def test_change_is_all_or_nothing(client, user, branch):
    order = OrderFactory(user=user, note="old")

    response = client.patch(f"/api/orders/{order.pk}/", {"note": "new", "status": "ready"})

    order.refresh_from_db()
    assert (response.status_code, response.json()["code"], order.note) == (409, "status_not_allowed", "old")


# --- Deleting -------------------------------------------------------------------------------------------------------


def test_cancelled_order_is_deleted_once_by_an_administrator(admin_client, branch):
    order = OrderFactory(status="cancelled")

    answers = [admin_client.delete(f"/api/orders/{order.pk}/").status_code for _ in range(2)]

    assert answers == [204, 404]


@pytest.mark.parametrize("status", ["pending", "accepted", "preparing", "ready", "completed"])
def test_order_cannot_be_deleted_unless_it_is_cancelled(admin_client, branch, status):
    order = OrderFactory(status=status)

    response = admin_client.delete(f"/api/orders/{order.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, "order_not_cancelled")
    assert Order.objects.exists()


def test_customer_deletes_no_order_not_even_their_own(user, branch):
    order = OrderFactory(user=user, status="cancelled")

    response = client_of(user).delete(f"/api/orders/{order.pk}/")

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
    assert Order.objects.exists()
