"""What staff of a branch do with its orders, and what nobody else may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order, OrderItem
from orders.placing import place_order
from orders.services import change_status
from orders.tests.factories import OrderFactory
from products.models import Position
from products.tests.factories import BranchFactory, BranchStaffFactory
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def barista(branch):
    return client_of(BranchStaffFactory(branch=branch).user)


@pytest.fixture
def stranger():
    """A barista of another branch."""
    return client_of(BranchStaffFactory().user)


def statuses(answer) -> list[str]:
    return [event["status"] for event in answer.json()["events"]]


def accepted(user, *quantities: int) -> Order:
    for quantity in quantities:
        CartItemFactory(user=user, quantity=quantity)
    order = place_order(user=user)
    return change_status(order_id=order.pk, to="accepted", by=AdminFactory())


def make(client, item: OrderItem, made: object):
    return client.patch(f"/api/orders/{item.order_id}/items/{item.pk}/", {"made": made})


# --- Seeing and moving ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", Position.values)
def test_staff_see_and_move_orders_of_their_branch_only(user, branch, position):
    here, there = OrderFactory(user=user), OrderFactory(user=user, branch=BranchFactory())
    staff = client_of(BranchStaffFactory(branch=branch, position=position).user)

    listed = [order["id"] for order in staff.get("/api/orders/").json()["results"]]
    moved = [staff.patch(f"/api/orders/{order.pk}/", {"status": "accepted"}).status_code for order in (here, there)]

    assert listed == [here.pk]
    assert moved == [200, 404]


def test_lost_position_ends_rights_with_the_next_request(branch):
    order, staff = OrderFactory(), BranchStaffFactory(branch=branch)
    client = client_of(staff.user)
    before = client.get(f"/api/orders/{order.pk}/")

    staff.delete()

    after = client.patch(f"/api/orders/{order.pk}/", {"status": "accepted"})
    assert (before.status_code, after.status_code, after.json()["code"]) == (200, 404, "not_found")


@pytest.mark.parametrize("body", [{"is_paid": True}, {"is_paid": False}, {"promised_at": "2030-01-01T10:00:00Z"}])
def test_customer_who_sends_what_is_the_staffs_gets_403(client, user, branch, body):
    order = OrderFactory(user=user)

    answer = client.patch(f"/api/orders/{order.pk}/", body)

    order.refresh_from_db()
    assert (answer.status_code, answer.json()["code"], order.version) == (403, "permission_denied", 1)


def test_payment_is_marked_and_unmarked_and_repetition_changes_nothing(barista, branch):
    order = OrderFactory()

    answers = [barista.patch(f"/api/orders/{order.pk}/", {"is_paid": paid}) for paid in (True, True, False, False)]

    paid = [answer.json()["paid_at"] for answer in answers]
    assert [answer.json()["version"] for answer in answers] == [2, 2, 3, 3]
    assert paid[0] is not None
    assert paid == [paid[0], paid[0], None, None]


def test_promise_is_put_off_and_the_first_one_stays(barista, branch):
    order, now = OrderFactory(), timezone.now().replace(microsecond=0)
    promised_at = order.promised_at
    soon, later = now + timedelta(minutes=5), now + timedelta(minutes=9)

    answers = [
        barista.patch(f"/api/orders/{order.pk}/", {"promised_at": at.isoformat()}) for at in (soon, later, later)
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.json()["version"] for answer in answers] == [2, 3, 3]
    order.refresh_from_db()
    assert (order.first_promised_at, order.promised_at) == (promised_at, later)


@pytest.mark.parametrize("minutes", [-1, 4, 15 * 24 * 60])
def test_promise_is_neither_taken_forward_nor_for_ever(barista, branch, minutes):
    order, now = OrderFactory(), timezone.now()
    Order.objects.update(promised_at=now + timedelta(minutes=5))

    answer = barista.patch(f"/api/orders/{order.pk}/", {"promised_at": (now + timedelta(minutes=minutes)).isoformat()})

    assert (answer.status_code, list(answer.json())) == (400, ["promised_at"])


@pytest.mark.parametrize("body", [{"is_paid": 1}, {"is_paid": None}, {"promised_at": None}, {"promised_at": "soon"}])
def test_malformed_change_is_a_400(barista, branch, body):
    order = OrderFactory()

    answer = barista.patch(f"/api/orders/{order.pk}/", body)

    assert (answer.status_code, list(answer.json())) == (400, list(body))


def test_two_steps_back_are_not_allowed(barista, branch):
    order = OrderFactory(status="ready")

    answer = barista.patch(f"/api/orders/{order.pk}/", {"status": "accepted"})

    assert (answer.status_code, answer.json()["code"]) == (409, "status_not_allowed")


# --- Cups -----------------------------------------------------------------------------------------------------------


def test_first_cup_begins_an_order_and_last_readies_it(barista, user, branch):
    latte, mocha = accepted(user, 2, 1).items.all()

    answers = [make(barista, latte, 1), make(barista, latte, 2), make(barista, mocha, 1)]

    assert [answer.json()["status"] for answer in answers] == ["preparing", "preparing", "ready"]
    assert answers[1].json()["version"] == answers[0].json()["version"] + 1  # for the other boards
    assert Order.objects.get().ready_mail_at is not None
    assert [item["made"] for item in answers[-1].json()["items"]] == [2, 1]
    assert statuses(answers[-1]) == ["pending", "accepted", "preparing", "ready"]


def test_last_cup_taken_back_leaves_an_accepted_order_accepted(barista, user, branch):
    item = accepted(user, 2).items.get()
    make(barista, item, 1)
    barista.patch(f"/api/orders/{item.order_id}/", {"status": "accepted"})

    assert make(barista, item, 0).json()["status"] == "accepted"


def test_only_cup_goes_both_steps_at_once(barista, user, branch):
    item = accepted(user, 1).items.get()

    answer = make(barista, item, 1)

    assert statuses(answer) == ["pending", "accepted", "preparing", "ready"]


def test_cup_taken_back_makes_a_ready_order_preparing(barista, user, branch):
    item = accepted(user, 2).items.get()
    make(barista, item, 2)

    answers = [make(barista, item, 1), make(barista, item, 0), make(barista, item, 2)]

    assert [answer.json()["status"] for answer in answers] == ["preparing", "preparing", "ready"]
    assert statuses(answers[-1])[-3:] == ["ready", "preparing", "ready"]


def test_repeated_tap_changes_nothing_whatever_the_status(barista, user, branch):
    item = accepted(user, 2).items.get()
    first = make(barista, item, 1)

    repeated = make(barista, item, 1)
    change_status(order_id=item.order_id, to="cancelled", by=AdminFactory())
    late = make(barista, item, 1)

    assert repeated.json() == first.json()
    assert (late.status_code, late.json()["status"]) == (200, "cancelled")


def test_ready_by_one_tap_has_all_cups_made(barista, user, branch):
    order = accepted(user, 2, 3)
    barista.patch(f"/api/orders/{order.pk}/", {"status": "preparing"})

    answer = barista.patch(f"/api/orders/{order.pk}/", {"status": "ready"})

    assert [item["made"] for item in answer.json()["items"]] == [2, 3]


@pytest.mark.parametrize("status", ["pending", "completed", "cancelled"])
def test_tap_is_409_when_the_order_is_not_made(barista, branch, status):
    order = OrderFactory(status=status, quantity=2)

    answer = make(barista, order.items.get(), 1)

    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (409, "status_not_allowed", status)
    assert answer.json()["allowed_statuses"] == (["accepted", "cancelled"] if status == "pending" else [])


@pytest.mark.parametrize("made", [-1, 3, 1.5, True, "1", None, 10**30])
def test_impossible_number_of_cups_is_400(barista, user, branch, made):
    item = accepted(user, 2).items.get()

    answer = make(barista, item, made)

    item.refresh_from_db()
    assert (answer.status_code, list(answer.json()), item.made) == (400, ["made"], 0)


def test_items_of_other_orders_and_branches_are_404(barista, stranger, user, branch):
    item, other = accepted(user, 1).items.get(), OrderFactory().items.get()

    answers = [
        barista.patch(f"/api/orders/{item.order_id}/items/{other.pk}/", {"made": 1}),
        barista.patch(f"/api/orders/{item.order_id}/items/0/", {"made": 1}),
        make(stranger, item, 1),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 3


def test_customer_makes_no_cups(client, user, branch):
    item = accepted(user, 1).items.get()

    answer = make(client, item, 1)

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


# --- Finding --------------------------------------------------------------------------------------------------------


def test_orders_are_found_by_number_day_and_openness(barista, branch):
    first, second, ended = OrderFactory(), OrderFactory(status="ready"), OrderFactory(status="cancelled")
    day = first.business_day
    expected = {
        "number=2": [second.pk],
        "number=002": [second.pk],
        "number=0000002": [second.pk],
        f"business_day={day}": [ended.pk, second.pk, first.pk],
        f"business_day={day - timedelta(days=1)}": [],
        "open=true": [second.pk, first.pk],
        "open=false": [ended.pk],
        "status=ready&status=pending": [second.pk, first.pk],
        "status=ready&status=pending,cancelled": [ended.pk, second.pk, first.pk],
    }

    answers = {query: barista.get(f"/api/orders/?{query}").json() for query in expected}

    assert {query: [order["id"] for order in answer["results"]] for query, answer in answers.items()} == expected


@pytest.mark.parametrize(
    "query", ["number=x", "number=-1", "number=١", "business_day=today", "business_day=2026-13-01", "open=perhaps",
              "business_day=20261123", "status=ready&status=burnt"],
)  # fmt: skip
def test_filter_that_makes_no_sense_is_400(barista, query):
    answer = barista.get(f"/api/orders/?{query}")

    assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


def test_open_orders_are_304_until_something_changes(barista, user, branch):
    OrderFactory(user=user)
    order = accepted(user, 2)
    url = "/api/orders/?open=true&branch=main"
    first = barista.get(url)

    same = barista.get(url, HTTP_IF_NONE_MATCH=first["ETag"])
    make(barista, order.items.get(), 1)
    changed = barista.get(url, HTTP_IF_NONE_MATCH=first["ETag"])

    assert (first.status_code, same.status_code, changed.status_code) == (200, 304, 200)
    assert same.content == b""
    assert changed["ETag"] != first["ETag"]


def test_open_orders_are_no_304_when_a_mover_is_renamed(barista, client, user, branch):
    order = OrderFactory(user=user, branch=branch)
    barista.patch(f"/api/orders/{order.pk}/", {"status": "accepted"})
    etag = client.get("/api/orders/?open=true")["ETag"]
    barista.patch("/api/users/me/", {"first_name": "Vera"})

    answer = client.get("/api/orders/?open=true", HTTP_IF_NONE_MATCH=etag)

    assert (answer.status_code, answer.json()["results"][0]["events"][-1]["by"]["name"]) == (200, "Vera")


def test_open_orders_are_not_304_for_somebody_else(barista, client, user, branch):
    OrderFactory(user=user)
    etag = barista.get("/api/orders/?open=True")["ETag"]  # as Python's clients write it

    answer = client.get("/api/orders/?open=true", HTTP_IF_NONE_MATCH=etag)

    assert answer.status_code == 200


@pytest.mark.parametrize("orders", [1, 5])
def test_unchanged_open_orders_take_four_queries(barista, branch, django_assert_num_queries, orders):
    for _ in range(orders):
        OrderFactory()
    etag = barista.get("/api/orders/?open=true")["ETag"]

    with django_assert_num_queries(4):  # who asks, where they work, the versions, who moved them
        answer = barista.get("/api/orders/?open=true", HTTP_IF_NONE_MATCH=etag)

    assert answer.status_code == 304
