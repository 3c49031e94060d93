from datetime import timedelta

import pytest
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.placing import place_order
from orders.services import change_status
from orders.tests.factories import OrderFactory
from products.models import OpenWork, Option, StockMovement
from products.tests.factories import (
    BranchFactory,
    BranchHoursFactory,
    BranchProductFactory,
    BranchStaffFactory,
    OptionFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(branch):
    return BranchFactory(slug="other", name="Other")


@pytest.fixture
def here(branch):
    return BranchProductFactory(branch=branch, product__price="4.50", stock=5)


@pytest.fixture
def there(here, other):
    return BranchProductFactory(branch=other, product=here.product, price="4.00", stock=5)


def move(client, order: Order, **body):
    return client.post(f"/api/orders/{order.pk}/move/", {"branch": "other", **body})


def stocks(*rows) -> list[int]:
    for row in rows:
        row.refresh_from_db()
    return [row.stock for row in rows]


# --- The wrong shop -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_order_is_released_here_and_taken_there(client, user, here, there, status):
    order = OrderFactory(user=user, product=here.product, quantity=2, status=status)
    Order.objects.update(seen_at=timezone.now())

    answer = move(client, order)

    moved = answer.json()
    assert (answer.status_code, moved["branch"], moved["status"], moved["seen_at"]) == (200, "other", status, None)
    assert (moved["total_price"], moved["items"][0]["unit_price"]) == ("8.00", "4.00")
    assert (stocks(here, there), moved["version"]) == ([5, 3], order.version + 1)


def test_order_moves_there_and_back_with_its_stock(client, user, here, there):
    order = OrderFactory(user=user, product=here.product, quantity=2)

    move(client, order)
    move(client, order, branch="main", expected_total="9.00")
    change_status(order_id=order.pk, to="cancelled", by=user)

    assert stocks(here, there) == [5, 5]


def test_move_books_stock_under_the_version_it_makes(client, user, here, there):
    order = OrderFactory(user=user, product=here.product, quantity=2)

    move(client, order)

    booked = StockMovement.objects.filter(order_id=order.pk).order_by("pk")
    assert list(booked.values_list("branch_product", "change", "reason", "order_version")) == [
        (here.pk, -2, "sold", 1),
        (here.pk, 2, "returned", 2),
        (there.pk, -2, "sold", 2),
    ]


def test_repeated_move_changes_nothing(client, user, here, there):
    order = OrderFactory(user=user, product=here.product)

    answers = [move(client, order) for _ in range(2)]

    assert answers[0].json() == answers[1].json()


def test_move_is_refused_unchanged_when_stock_is_short(client, user, here, there):
    order = OrderFactory(user=user, product=here.product, quantity=2)
    there.stock = 1
    there.save()

    answer = move(client, order)

    order.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (409, "cart_has_problems")
    assert answer.json()["problems"][0]["available"] == 1
    assert (order.branch.slug, order.version, stocks(here, there)) == ("main", 1, [3, 1])


@pytest.mark.parametrize("damage", ["product", "option", "inactive"])
def test_move_is_refused_when_a_product_left_the_menu(client, user, here, other, damage):
    oat = OptionFactory()
    here.product.option_groups.add(oat.group)
    CartItemFactory(user=user, product=here.product, options=[oat.pk])
    CartItemFactory(user=user)  # what stays
    order = place_order(user=user)
    {"product": here.product.delete, "option": oat.delete, "inactive": lambda: None}[damage]()
    if damage == "inactive":
        Option.objects.update(is_active=False)

    answer = move(client, order)

    assert (answer.status_code, answer.json()["code"]) == (409, "cart_has_problems")
    expected = "product_unavailable" if damage == "product" else "option_unavailable"
    assert [problem["code"] for problem in answer.json()["problems"]] == [expected]


def test_move_never_costs_more_than_the_customer_saw(client, user, here, there):
    order = OrderFactory(user=user, product=here.product)
    there.price = "5.00"
    there.save()

    silent, wrong = move(client, order), move(client, order, expected_total="4.50")
    seen = move(client, order, expected_total="5.00")

    assert [(answer.status_code, answer.json()["code"]) for answer in (silent, wrong)] == [(409, "total_changed")] * 2
    assert silent.json()["total_price"] == wrong.json()["total_price"] == "5.00"
    assert (seen.status_code, seen.json()["total_price"]) == (200, "5.00")


def test_move_is_refused_where_it_is_closed(client, user, here, other):
    now = timezone.now()
    BranchHoursFactory(branch=other, weekday=(now.weekday() + 3) % 7, opens="08:00", closes="09:00")

    answer = move(client, OrderFactory(user=user, product=here.product))

    assert (answer.status_code, answer.json()["code"]) == (409, "branch_closed")


@pytest.mark.parametrize("status", ["preparing", "ready", "completed", "cancelled"])
def test_move_is_too_late_once_it_is_made(client, user, branch, other, status):
    answer = move(client, OrderFactory(user=user, status=status))

    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (409, "status_not_allowed", status)


@pytest.mark.parametrize("body", [{"branch": "nowhere"}, {"branch": None}, {"branch": 1}, {"expected_total": 4.5}])
def test_malformed_move_is_400(client, user, branch, other, body):
    answer = move(client, OrderFactory(user=user), **body)

    assert (answer.status_code, list(answer.json())) == (400, list(body))


def test_cups_stay_where_they_were_made(client, user, here, there):
    barista = client_of(BranchStaffFactory(branch=here.branch).user)
    order = OrderFactory(user=user, product=here.product, quantity=2, status="accepted")
    item = order.items.get()
    barista.patch(f"/api/orders/{order.pk}/items/{item.pk}/", {"made": 1})
    barista.patch(f"/api/orders/{order.pk}/", {"status": "accepted"})

    moved = move(client, order)

    assert [item["made"] for item in moved.json()["items"]] == [0]
    assert OpenWork.objects.get(order_id=order.pk).seconds == 2 * item.prep_seconds


def test_moved_order_leaves_the_staff_it_left(user, branch, other):
    order = OrderFactory(user=user)
    barista = client_of(BranchStaffFactory(branch=branch).user)

    moved = move(barista, order)

    assert (moved.status_code, barista.get(f"/api/orders/{order.pk}/").status_code) == (200, 404)


# --- "It isn't there" -----------------------------------------------------------------------------------------------


def missing(client, order: Order):
    return client.post(f"/api/orders/{order.pk}/missing/")


def test_missing_is_reported_at_most_once_a_minute(client, user, branch):
    order = OrderFactory(user=user, status="ready")

    first, again = missing(client, order), missing(client, order)
    Order.objects.update(missing_at=timezone.now() - timedelta(seconds=61))
    later = missing(client, order)

    assert (first.status_code, first.json()["missing_at"] is None) == (200, False)
    assert (again.status_code, again.json()["code"], 1 <= int(again["Retry-After"]) <= 60) == (429, "throttled", True)
    assert (later.status_code, later.json()["version"]) == (200, first.json()["version"] + 1)


@pytest.mark.parametrize("status", ["pending", "accepted", "preparing", "completed", "cancelled"])
def test_only_a_ready_order_can_be_missing(client, user, branch, status):
    answer = missing(client, OrderFactory(user=user, status=status))

    assert (answer.status_code, answer.json()["code"]) == (409, "status_not_allowed")


def test_staff_do_not_miss_what_is_not_theirs(branch):
    barista = client_of(BranchStaffFactory(branch=branch).user)

    answer = missing(barista, OrderFactory(status="ready"))

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


# --- Stock is of the business day -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "left"), [(0, 0), (1, 1)])
def test_order_for_a_later_day_leaves_todays_stock(client, user, branch, here, days, left):
    here.stock = 1
    here.save()
    CartItemFactory(user=user, product=here.product, quantity=1 + days)
    pickup_at = timezone.now() + timedelta(days=days, minutes=5)

    answer = client.post("/api/orders/", {"pickup_at": pickup_at.isoformat()})
    change_status(order_id=answer.json()["id"], to="cancelled", by=user)

    assert answer.status_code == 201
    assert (stocks(here), here.movements.filter(reason="sold").count()) == ([1], 1 - days)


def test_waiting_orders_share_no_number_within_a_pickup_day(client, user, branch):
    numbers = []
    for days in (0, 1, 0, 1):
        CartItemFactory(user=user, product=ProductFactory())
        pickup_at = (timezone.now() + timedelta(days=days, minutes=5)).isoformat()
        numbers.append(client.post("/api/orders/", {"pickup_at": pickup_at}).json()["number"])

    days = list(Order.objects.order_by("pk").values_list("business_day", flat=True))
    assert len(set(numbers)) == 4
    assert days[1] - days[0] == timedelta(days=1)
    assert days[0::2] == [days[0]] * 2
