from datetime import UTC, datetime

import pytest
from mailer.models import Message

from orders.models import Order
from orders.reports.booking import book_order
from orders.reports.morning import queue_morning_mail
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import Branch
from products.tests.factories import ProductFactory
from rest.tests.races import in_parallel
from users.tests.factories import AdminFactory

EIGHT_IN_BERLIN = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


@pytest.fixture
def outbox(settings, branch):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    branch.timezone = "Europe/Berlin"
    branch.save()
    AdminFactory(language="en")
    return Message.objects


@pytest.mark.django_db
def test_morning_mail_says_yesterday_in_five_lines(outbox):
    order = OrderFactory(product=ProductFactory(price="4.50"), quantity=2)
    Order.objects.update(business_day="2026-11-24", status=Status.READY)
    order.refresh_from_db()
    outbox.all().delete()
    book_order(order)

    assert queue_morning_mail(EIGHT_IN_BERLIN)

    body = outbox.get().email.body
    assert len(body.strip().splitlines()) == 5
    assert "9.00" in body


@pytest.mark.django_db
def test_morning_mail_waits_for_eight_and_the_setting(outbox, settings):
    assert not queue_morning_mail(datetime(2026, 11, 25, 6, 59, tzinfo=UTC))
    settings.MORNING_MAIL = False
    assert not queue_morning_mail(EIGHT_IN_BERLIN)
    assert not outbox.exists()


@pytest.mark.django_db
def test_shop_without_a_default_branch_has_its_morning(outbox, branch):
    Branch.objects.update(is_default=False)

    assert not queue_morning_mail(EIGHT_IN_BERLIN)
    assert queue_morning_mail(EIGHT_IN_BERLIN.replace(hour=8))


@pytest.mark.django_db
def test_morning_mail_that_is_queued_costs_two_looks(outbox, django_assert_num_queries):
    queue_morning_mail(EIGHT_IN_BERLIN)

    with django_assert_num_queries(2):
        assert not queue_morning_mail(EIGHT_IN_BERLIN)


@pytest.mark.django_db(transaction=True)
def test_servers_at_once_queue_one_morning_mail(outbox):
    queued = in_parallel([lambda: queue_morning_mail(EIGHT_IN_BERLIN)] * 4)

    assert (sorted(queued), outbox.count()) == ([False, False, False, True], 1)
