from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.changes import change_row
from orders.lateness import put_off_late_orders
from orders.models import Order
from orders.services import change_status
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import Branch, OpenWork
from products.schedule import full_minute
from products.tests.factories import (
    BranchFactory,
    BranchHoursFactory,
    BranchSpecialDayFactory,
    BranchStaffFactory,
    OptionFactory,
    ProductFactory,
)
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db

HOUR = 3600


@pytest.fixture
def noon():
    """A full minute that is long enough ahead for a test to reckon with."""
    return full_minute(timezone.now()) + timedelta(minutes=2)


@pytest.fixture
def barista(branch):
    return client_of(BranchStaffFactory(branch=branch).user)


def in_cart(user, seconds: int, quantity: int = 1):
    return CartItemFactory(user=user, product=ProductFactory(prep_seconds=seconds), quantity=quantity)


def promised(moment, seconds: int, branch, order_id: int = 10**9) -> None:
    """By somebody else's order."""
    OpenWork.objects.create(order_id=order_id, branch=branch, due_at=moment, seconds=seconds)


def place(client, pickup_at: datetime | None = None):
    return client.post("/api/orders/", {"pickup_at": pickup_at and pickup_at.isoformat()})


def minutes_ahead(text: str) -> float:
    return (datetime.fromisoformat(text) - timezone.now()).total_seconds() / 60


# --- Placing --------------------------------------------------------------------------------------------------------


def test_order_work_is_the_sum_of_its_cups(client, user, branch):
    oat = OptionFactory(prep_seconds=15)
    latte = ProductFactory(prep_seconds=45)
    latte.option_groups.add(oat.group)
    CartItemFactory(user=user, product=latte, quantity=2, options=[oat.pk])
    in_cart(user, 100)

    place(client)

    assert OpenWork.objects.get().seconds == 2 * 60 + 100
    assert sorted(Order.objects.get().items.values_list("prep_seconds", flat=True)) == [60, 100]


def test_order_is_promised_behind_what_is_promised_already(client, user, branch, noon):
    promised(noon, int((noon - timezone.now()).total_seconds()), branch)
    in_cart(user, 60)

    order = place(client).json()

    work = OpenWork.objects.get(order_id=order["id"])
    assert order["promised_at"] == order["first_promised_at"]
    assert datetime.fromisoformat(order["promised_at"]) == work.due_at
    assert work.due_at in {noon + timedelta(minutes=1), noon + timedelta(minutes=2)}


def test_pickup_that_fits_is_promised(client, user, branch, noon):
    in_cart(user, 60)

    order = place(client, pickup_at=noon).json()

    assert datetime.fromisoformat(order["promised_at"]) == noon


def test_full_slot_names_the_next_which_can_be_had(client, user, branch):
    at = full_minute(timezone.now()) + timedelta(hours=1)
    promised(at, 2 * HOUR, branch)
    in_cart(user, 60)

    refused = place(client, pickup_at=at)
    had = place(client, pickup_at=datetime.fromisoformat(refused.json()["next_at"]))

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_full")
    assert had.status_code == 201


def test_pickup_is_full_when_a_promise_has_no_slack(client, user, branch):
    at = full_minute(timezone.now()) + timedelta(hours=1)
    promised(at, HOUR, branch)
    in_cart(user, 60)

    assert place(client, pickup_at=at - timedelta(minutes=30)).json()["code"] == "slot_full"


def test_promise_beyond_a_day_is_a_full_slot(client, user, branch):
    promised(timezone.now(), 25 * HOUR, branch)
    in_cart(user, 60)

    refused = place(client)
    had = place(client, pickup_at=datetime.fromisoformat(refused.json()["next_at"]))

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_full")
    assert had.status_code == 201


def test_promise_beyond_closing_time_is_refused(client, user, branch):
    now = timezone.now()
    for days in (0, 1):
        BranchSpecialDayFactory(branch=branch, date=now.date() + timedelta(days=days), opens="00:00", closes="23:59")
    promised(now, 25 * HOUR, branch)
    in_cart(user, 60)

    refused = place(client).json()

    assert refused["code"] == "branch_closed"
    assert datetime.fromisoformat(refused["opens_at"]) > now


def test_paused_branch_takes_orders_for_later_only(client, user, branch, noon):
    until = timezone.now() + timedelta(hours=1)
    Branch.objects.update(paused_until=until)
    in_cart(user, 60)

    refused = place(client)
    had = place(client, pickup_at=noon)

    assert (refused.status_code, refused.json()["code"]) == (409, "branch_paused")
    assert datetime.fromisoformat(refused.json()["paused_until"]) == until
    assert had.status_code == 201


def test_pause_ends_by_itself(client, user, branch):
    Branch.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    in_cart(user, 60)

    assert place(client).status_code == 201


def test_refused_order_leaves_the_cart_and_claims_nothing(client, user, branch):
    Branch.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    in_cart(user, 60)

    place(client)

    assert user.cart_items.count() == 1
    assert not OpenWork.objects.exists()


# --- Giving back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.READY, Status.CANCELLED])
def test_finished_order_gives_its_time_back(branch, status):
    OrderFactory(status=status)

    assert not OpenWork.objects.exists()


def test_made_cup_gives_its_time_back(branch):
    order = OrderFactory(quantity=3)
    order.items.update(made=2)

    change_row(order)

    assert OpenWork.objects.get().seconds == 60


def test_order_taken_back_from_ready_has_its_promise_again(branch):
    order = OrderFactory(status=Status.READY)

    change_status(order_id=order.pk, to=Status.PREPARING, by=AdminFactory())

    assert OpenWork.objects.get().due_at == order.promised_at


def test_put_off_promise_moves_its_work(branch, noon):
    order = OrderFactory()

    change_row(order, promised_at=noon)

    assert OpenWork.objects.get().due_at == noon


# --- Late -----------------------------------------------------------------------------------------------------------


def make_late(order: Order, minutes: int) -> None:
    before = order.promised_at - timedelta(minutes=minutes)
    Order.objects.filter(pk=order.pk).update(promised_at=before, first_promised_at=before)
    OpenWork.objects.filter(order_id=order.pk).update(due_at=before)


def test_late_orders_are_promised_anew_in_their_sequence(branch):
    orders = [OrderFactory(quantity=3) for _ in range(3)]
    for order in orders:
        make_late(order, 30)

    number = put_off_late_orders()

    changed = Order.objects.order_by("pk")
    assert number == 3
    assert [round(minutes_ahead(order.promised_at.isoformat())) for order in changed] in ([3, 6, 9], [4, 7, 10])
    assert [order.version for order in changed] == [2, 2, 2]
    assert all(order.first_promised_at < timezone.now() for order in changed)
    assert put_off_late_orders() == 0


def test_promise_is_kept_when_two_minutes_late(branch):
    make_late(OrderFactory(), 2)

    assert put_off_late_orders() == 0


def test_each_bar_puts_off_its_own_orders_in_sequence(branch):
    there = BranchFactory()
    last, first, alone = OrderFactory(quantity=2), OrderFactory(quantity=5), OrderFactory(branch=there, quantity=9)
    due = timezone.now() - timedelta(minutes=30)
    for order, moment in ((last, due + timedelta(minutes=1)), (alone, due), (first, due)):
        Order.objects.filter(pk=order.pk).update(promised_at=moment)
        OpenWork.objects.filter(order_id=order.pk).update(due_at=moment)

    put_off_late_orders()

    minutes = [
        round(minutes_ahead(Order.objects.get(pk=order.pk).promised_at.isoformat()) - 0.5)
        for order in (first, last, alone)
    ]
    assert minutes == [5, 7, 9]


def test_promise_that_somebody_else_put_off_stays(branch, noon):
    order = OrderFactory()
    make_late(order, 30)
    Order.objects.update(promised_at=noon)

    assert put_off_late_orders() == 0
    assert Order.objects.get().promised_at == noon


def test_order_without_a_promise_is_no_work(branch):
    order = OrderFactory()
    Order.objects.update(promised_at=None)

    change_status(order_id=order.pk, to=Status.ACCEPTED, by=AdminFactory())

    assert not OpenWork.objects.exists()


def test_fewer_at_the_bar_put_promises_off(branch):
    Branch.objects.update(baristas=4)
    order = OrderFactory(quantity=40)
    Branch.objects.update(baristas=1)

    put_off_late_orders()

    before, order = order.promised_at, Order.objects.get()
    assert before - timezone.now() < timedelta(minutes=12)
    assert order.promised_at - timezone.now() > timedelta(minutes=39)
    assert order.first_promised_at == before


def test_putting_off_reads_once_while_nothing_is_late(branch, django_assert_num_queries):
    OrderFactory.create_batch(3)

    with django_assert_num_queries(1):
        put_off_late_orders()


# --- Looking --------------------------------------------------------------------------------------------------------


def test_branch_tells_a_cups_ready_time_after_every_order(client, anonymous, user, branch):
    before = anonymous.get("/api/branches/main/").json()["ready_at"]
    in_cart(user, 600)
    place(client)
    after = anonymous.get("/api/branches/main/").json()["ready_at"]

    assert minutes_ahead(before) < 3
    assert minutes_ahead(after) > minutes_ahead(before)


def test_closed_branch_is_not_ready(anonymous, branch):
    BranchHoursFactory(branch=branch, weekday=(timezone.now().weekday() + 3) % 7, opens="08:00", closes="09:00")

    assert anonymous.get("/api/branches/main/").json()["ready_at"] is None


def test_pause_reaches_the_next_reader_and_ends_for_all(anonymous, barista, branch):
    until = timezone.now() + timedelta(minutes=10)
    before = anonymous.get("/api/branches/main/").json()

    barista.patch("/api/branches/main/bar/", {"paused_until": until.isoformat()})
    paused = anonymous.get("/api/branches/main/").json()
    barista.patch("/api/branches/main/bar/", {"paused_until": None})
    after = anonymous.get("/api/branches/").json()["results"][0]

    assert (before["is_paused"], before["paused_until"]) == (False, None)
    assert paused["is_paused"] is True
    assert paused["ready_at"] is None
    assert datetime.fromisoformat(paused["paused_until"]) == until
    assert (after["is_paused"], after["paused_until"]) == (False, None)


def test_cart_tells_when_it_would_be_ready(client, user, branch):
    empty = client.get("/api/cart/").json()["ready_at"]
    in_cart(user, 600, quantity=2)

    full = client.get("/api/cart/").json()["ready_at"]

    assert empty is None
    assert 20 <= minutes_ahead(full) + 0.1 < 22


def test_slots_are_those_that_can_be_had(client, user, branch):
    day = timezone.now().date() + timedelta(days=1)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    promised(at, int((at - timezone.now()).total_seconds()) - 60, branch)
    in_cart(user, 600)

    slots = client.get(f"/api/branches/main/slots/?date={day}").json()["slots"]

    assert datetime.fromisoformat(slots[0]) == at + timedelta(minutes=10)
    assert place(client, pickup_at=datetime.fromisoformat(slots[0])).status_code == 201


@pytest.mark.parametrize(
    "date", ["today", "2027-13-01", "2027-1-1", "20270101", "٢٠٢٧-٠١-٠١", "", "2027-W01-1", ["2027-03-01"] * 2]
)
def test_date_that_is_none_is_refused(client, branch, date):
    response = client.get("/api/branches/main/slots/", {"date": date})

    assert (response.status_code, list(response.json())) == (400, ["date"])


# --- The bar --------------------------------------------------------------------------------------------------------


def test_bar_is_set_and_set_again(barista, branch):
    answers = [barista.patch("/api/branches/main/bar/", {"baristas": 3}) for _ in range(2)]

    branch.refresh_from_db()
    assert [answer.json() for answer in answers] == [{"baristas": 3, "paused_until": None}] * 2
    assert barista.get("/api/branches/main/bar/").json() == answers[0].json()
    assert branch.baristas == 3


@pytest.mark.parametrize(
    "body",
    [
        *({"baristas": number} for number in (0, 21, -1, 1.5, True, "3", None)),
        *({"paused_until": moment} for moment in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "soon", 5)),
    ],
)
def test_bar_refuses_what_cannot_be(barista, branch, body):
    response = barista.patch("/api/branches/main/bar/", body)

    assert (response.status_code, list(response.json())) == (400, list(body))


@pytest.mark.parametrize("seconds", [-1, 10**9, 3601, 1.5, True, "60", None])
def test_seconds_that_cannot_be_are_refused(admin_client, branch, seconds):
    product, option = ProductFactory(), OptionFactory()

    of_product = admin_client.patch(f"/api/products/{product.pk}/", {"prep_seconds": seconds})
    of_option = admin_client.patch(
        f"/api/option-groups/{option.group.pk}/", {"options": [{"name": "Oat", "prep_seconds": seconds}]}
    )

    assert (of_product.status_code, list(of_product.json())) == (400, ["prep_seconds"])
    assert (of_option.status_code, list(of_option.json())) == (400, ["options"])


def test_seconds_are_set_by_administrators(admin_client, branch):
    product = ProductFactory()

    answer = admin_client.patch(f"/api/products/{product.pk}/", {"prep_seconds": 90})

    assert (answer.status_code, answer.json()["prep_seconds"]) == (200, 90)
