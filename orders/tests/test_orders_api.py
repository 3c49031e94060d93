from datetime import UTC, datetime

import pytest
from django.utils import timezone

from conftest import client_of
from orders.models import Order
from orders.services import change_status
from orders.tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


def ids(response) -> list[int]:
    return [row["id"] for row in response.json()["results"]]


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

    assert answers == [[], ["ready", "accepted", "cancelled"]]


@pytest.mark.parametrize("pk", ["0", "01", "-1", "1.5", "1_0", "٣", "abc", "%00", "9" * 18, "9" * 19])
def test_path_id_is_404_when_malformed_or_nobodys(admin_client, branch, pk):
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
        ("ordering=created_at&ordering=-created_at", "ordering"),
        ("cursor=a&cursor=b", "cursor"),
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
def test_cursor_gives_every_order_once_when_moments_are_equal(client, user, branch, ordering):
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
def test_list_takes_six_queries_whatever_its_length(client, user, branch, django_assert_num_queries, number):
    for _ in range(number):
        OrderFactory(user=user, status="ready")

    with django_assert_num_queries(
        6
    ):  # user, where they work, orders with branch and customer, items, events, who moved them
        response = client.get("/api/orders/")

    assert len(ids(response)) == number


# --- Changing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["patch", "put"])
def test_customer_changes_the_note_and_repeats_it(client, user, branch, method):
    order = OrderFactory(user=user)

    answers = [getattr(client, method)(f"/api/orders/{order.pk}/", {"note": "Без сахара"}) for _ in range(2)]

    assert [(answer.status_code, answer.json()["note"]) for answer in answers] == [(200, "Без сахара")] * 2


@pytest.mark.parametrize("status", ["accepted", "preparing", "ready", "completed", "cancelled"])
def test_note_is_the_administrators_once_no_longer_pending(client, user, admin_client, branch, status):
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


@pytest.mark.django_db(transaction=True)
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


@pytest.mark.parametrize("ordering", ["-created_at", "created_at"])
def test_cursor_walks_equal_moments_exactly_once_both_ways(admin_client, branch, ordering):
    first = OrderFactory()
    Order.objects.bulk_create(copy_of(first, number) for number in range(2300))
    Order.objects.update(created_at=first.created_at)
    expected = list(Order.objects.order_by(ordering.replace("created_at", "pk")).values_list("pk", flat=True))

    there, pages, last = [], 0, None
    page = admin_client.get(f"/api/orders/?page_size=100&ordering={ordering}").json()
    while page and pages < 30:
        there, pages, last = [*there, *(row["id"] for row in page["results"])], pages + 1, page
        page = page["next"] and admin_client.get(page["next"]).json()
    back = [row["id"] for row in last["results"]]
    while last["previous"]:
        last = admin_client.get(last["previous"]).json()
        back = [*(row["id"] for row in last["results"]), *back]

    assert (there, pages) == (expected, 24)
    assert back == expected


def copy_of(order: Order, number: int) -> Order:
    return Order(
        user=order.user, branch=order.branch, business_day=order.business_day, number=f"x{number}",
        subtotal_price=order.subtotal_price, total_price=order.total_price, currency=order.currency,
    )  # fmt: skip
