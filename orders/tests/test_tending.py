"""What happens to orders as time goes by, without anybody asking for it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from mailer.models import Message

from orders.models import Order, OrderEvent
from orders.services import change_status
from orders.tending import tend_orders
from orders.tests.factories import OrderFactory
from products.tests.factories import BranchHoursFactory, BranchProductFactory, BranchStaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(settings):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    return lambda: [message.email for message in Message.objects.order_by("pk")]


def aged(order: Order, **age) -> Order:
    """As if it had been placed so long ago, for that day."""
    moment = timezone.now() - timedelta(**age)
    Order.objects.filter(pk=order.pk).update(created_at=moment, business_day=moment.date())
    return order


# --- Ends by themselves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "status"), [(29, "pending"), (31, "cancelled")])
def test_order_nobody_accepts_ends_after_30_minutes(branch, minutes, status):
    order = aged(OrderFactory(), minutes=minutes)

    tend_orders()

    order.refresh_from_db()
    assert order.status == status


def test_later_order_ends_30_minutes_after_its_time(branch):
    order = aged(OrderFactory(pickup_at=timezone.now() + timedelta(minutes=5)), hours=5)
    first = tend_orders()
    Order.objects.update(pickup_at=timezone.now() - timedelta(minutes=31))

    second = tend_orders()

    order.refresh_from_db()
    assert (first, second[0], order.status) == ((0, first[1]), 1, "cancelled")


def test_moved_order_has_30_minutes_where_it_came(branch):
    order = aged(OrderFactory(), minutes=31)
    Order.objects.filter(pk=order.pk).update(moved_at=timezone.now() - timedelta(minutes=2))

    tend_orders()

    order.refresh_from_db()
    assert order.status == "pending"


def test_ended_order_returns_its_stock_and_tells_the_customer(outbox, client, user, branch):
    row = BranchProductFactory(branch=branch, stock=5)
    order = aged(OrderFactory(user=user, product=row.product, quantity=2), minutes=31)
    Message.objects.all().delete()

    for _ in range(2):
        call_command("tend_orders")

    shown = client.get(f"/api/orders/{order.pk}/").json()
    row.refresh_from_db()
    assert (shown["status"], shown["cancel_reason"], row.stock) == ("cancelled", "not_accepted", 5)
    assert shown["events"][-1]["by"] == {"id": None, "username": "CoffeeShop", "name": "CoffeeShop"}
    assert [mail.to for mail in outbox()] == [["anna@example.com"]]
    assert "nobody accepted it in time" in outbox()[0].body


@pytest.mark.parametrize("status", ["accepted", "preparing", "ready"])
def test_order_nobody_fetches_ends_with_its_business_day(branch, status):
    today, yesterday = OrderFactory(status=status), aged(OrderFactory(status=status), hours=25)

    tend_orders()

    ended = Order.objects.filter(status="cancelled").values_list("pk", "cancel_reason")
    assert list(ended) == [(yesterday.pk, "not_fetched")]
    assert Order.objects.get(pk=today.pk).status == status


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_has_ended_stays_as_it_is(branch, status):
    order = aged(OrderFactory(status=status), days=3)

    tend_orders()

    assert Order.objects.values_list("status", "cancel_reason").get(pk=order.pk) == (status, "")


def test_zero_minutes_mean_that_orders_wait_for_ever(branch, settings):
    settings.NOT_ACCEPTED_MINUTES = 0
    aged(OrderFactory(), hours=5)

    assert tend_orders()[0] == 0


# --- Nobody saw it --------------------------------------------------------------------------------------------------


def test_unseen_order_is_told_to_managers_once(outbox, branch):
    BranchStaffFactory(branch=branch, position="manager", user__email="manager@example.com")
    BranchStaffFactory(branch=branch, position="barista")
    BranchStaffFactory(position="manager")
    aged(OrderFactory(), seconds=61)
    aged(OrderFactory(), seconds=59)
    Message.objects.all().delete()

    told = [tend_orders()[1] for _ in range(2)]

    assert told == [1, 0]
    assert [(mail.to, mail.subject) for mail in outbox()] == [
        (["manager@example.com"], "Nobody has seen order 001 at CoffeeShop")
    ]


def test_unseen_orders_make_one_email_to_administrators(outbox, admin_user, branch):
    for _ in range(3):
        aged(OrderFactory(), seconds=61)
    Message.objects.all().delete()

    tend_orders()

    (mail,) = outbox()
    assert (mail.to, mail.subject) == ([admin_user.email], "Nobody has seen 3 orders at CoffeeShop")
    assert "001, 002, 003" in mail.body


def test_seen_or_accepted_order_is_no_alarm(branch, admin_user):
    seen = aged(OrderFactory(), seconds=61)
    Order.objects.filter(pk=seen.pk).update(seen_at=timezone.now())
    aged(OrderFactory(status="accepted"), seconds=61)

    assert tend_orders()[1] == 0


@pytest.mark.parametrize("status", ["pending", "accepted"])
@pytest.mark.parametrize(("seconds", "told"), [(59, 0), (61, 1)])
def test_moved_order_is_unseen_where_it_came(branch, admin_user, status, seconds, told):
    order = aged(OrderFactory(status=status), minutes=10)
    OrderEvent.objects.update(at=timezone.now() - timedelta(minutes=9))
    Order.objects.filter(pk=order.pk).update(moved_at=timezone.now() - timedelta(seconds=seconds))

    assert tend_orders()[1] == told


def test_moved_order_is_no_alarm_once_accepted_there(branch, admin_user):
    order = aged(OrderFactory(), minutes=10)
    Order.objects.filter(pk=order.pk).update(moved_at=timezone.now() - timedelta(seconds=70))
    change_status(order_id=order.pk, to="accepted", by=admin_user)

    assert tend_orders()[1] == 0


@pytest.mark.parametrize(("opened", "told"), [(-30, 0), (30, 0), (90, 1)])
def test_order_is_unseen_only_where_it_has_been_open(branch, admin_user, opened, told):
    aged(OrderFactory(), minutes=10)
    opens = timezone.now() - timedelta(seconds=opened)
    closes = opens + timedelta(hours=2)
    BranchHoursFactory(branch=branch, weekday=opens.weekday(), opens=opens.time(), closes=closes.time())

    assert tend_orders()[1] == told


@pytest.mark.parametrize("orders", [1, 10])
def test_quiet_look_takes_as_many_queries_whatever_is_open(branch, django_assert_num_queries, orders):
    for _ in range(orders):
        OrderFactory(status="accepted")

    with django_assert_num_queries(6):  # overdue (2), open work, unseen within a transaction (3)
        tend_orders()
