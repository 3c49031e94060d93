from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import F
from mailer.models import Message

from cart.tests.factories import CartItemFactory
from orders import mails
from orders.boards import renew_boards
from orders.models import Order
from orders.placing import place_order
from orders.tests.factories import OrderFactory
from products.tests.factories import BranchProductFactory, BranchStaffFactory, ProductFactory
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def outbox(settings):
    """What is queued in the database, as the shop itself does it."""
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    return lambda: [message.email for message in Message.objects.order_by("pk")]


def test_placing_writes_to_customer_and_every_active_administrator(outbox, client, user, branch):
    AdminFactory(username="boss")
    AdminFactory(username="gone", is_active=False)
    AdminFactory(username="silent", email="")
    UserFactory(username="root", is_superuser=True)
    CartItemFactory(user=user)

    client.post("/api/orders/", {})

    recipients = [mail.to for mail in outbox()]
    assert recipients[0] == ["anna@example.com"]
    assert sorted(recipients[1:]) == [["boss@example.com"], ["root@example.com"]]
    assert all("001" in mail.subject for mail in outbox())


def test_refused_order_writes_to_nobody(outbox, client, user, admin_user, branch):
    item = CartItemFactory(user=user)
    BranchProductFactory(branch=branch, product=item.product, stock=0)

    response = client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="k")

    assert response.status_code == 409
    assert outbox() == []


def test_mail_disappears_with_its_order_when_rolled_back(outbox, user, branch):
    CartItemFactory(user=user)

    with transaction.atomic():
        place_order(user=user)
        queued = len(outbox())
        transaction.set_rollback(True)

    assert (queued, outbox(), Order.objects.count()) == (1, [], 0)


def test_replayed_order_writes_once(outbox, client, user, branch):
    CartItemFactory(user=user)

    for _ in range(2):
        client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="k")

    assert len(outbox()) == 1


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("pending", "accepted", 0),
        ("accepted", "preparing", 0),
        ("preparing", "ready", 0),
        ("ready", "completed", 0),
        ("pending", "cancelled", 1),
        ("ready", "cancelled", 1),
    ],
)
def test_customer_gets_one_mail_when_the_order_is_cancelled(outbox, user, admin_client, branch, old, new, number):
    order = OrderFactory(user=user, status=old)
    Message.objects.all().delete()

    for _ in range(2):
        admin_client.patch(f"/api/orders/{order.pk}/", {"status": new})

    assert [mail.to for mail in outbox()] == [["anna@example.com"]] * number


def ready_mails(outbox, order, *, after: timedelta) -> int:
    """How many "ready" are queued after so much time."""
    Order.objects.filter(ready_mail_at__isnull=False).update(ready_mail_at=F("ready_mail_at") - after)
    for _ in range(2):
        mails.send_due_ready()
    return sum("is ready" in mail.subject for mail in outbox())


def test_ready_is_written_once_and_only_after_15_seconds(outbox, user, branch):
    order = OrderFactory(user=user, status="ready")

    numbers = [ready_mails(outbox, order, after=timedelta(seconds=seconds)) for seconds in (13, 2, 100)]

    assert numbers == [0, 1, 1]


def test_ready_is_not_written_when_the_order_went_back(outbox, user, admin_client, branch):
    order = OrderFactory(user=user, status="ready")
    admin_client.patch(f"/api/orders/{order.pk}/", {"status": "preparing"})

    assert ready_mails(outbox, order, after=timedelta(minutes=1)) == 0
    admin_client.patch(f"/api/orders/{order.pk}/", {"status": "ready"})
    assert ready_mails(outbox, order, after=timedelta(minutes=1)) == 1


def test_ready_is_written_although_it_was_fetched_at_once(outbox, user, admin_client, branch):
    order = OrderFactory(user=user, status="ready")
    admin_client.patch(f"/api/orders/{order.pk}/", {"status": "completed"})

    assert ready_mails(outbox, order, after=timedelta(minutes=1)) == 1


def test_managers_hear_of_cancelling_unless_a_board_is_connected(outbox, client, user, branch):
    BranchStaffFactory(branch=branch, position="manager", user__email="manager@example.com")
    BranchStaffFactory(branch=branch, position="barista", user__email="barista@example.com")
    first, second = OrderFactory(user=user), OrderFactory(user=user)
    Message.objects.all().delete()

    client.patch(f"/api/orders/{first.pk}/", {"status": "cancelled"})
    renew_boards(server="a", branch_ids=[branch.pk])
    client.patch(f"/api/orders/{second.pk}/", {"status": "cancelled"})

    told = [mail for mail in outbox() if mail.to != ["anna@example.com"]]
    assert [(mail.to, mail.subject) for mail in told] == [
        (["manager@example.com"], "The customer cancelled order 001 at CoffeeShop")
    ]


def test_cancelling_customer_is_told_to_administrators_without_managers(outbox, client, user, branch):
    AdminFactory(email="boss@example.com")
    order = OrderFactory(user=user)
    Message.objects.all().delete()

    client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled"})

    assert sorted(mail.to for mail in outbox()) == [["anna@example.com"], ["boss@example.com"]]


def test_unknown_occasion_is_no_cancellation(user, branch):
    with pytest.raises(ValueError, match="burnt"):
        mails._subject(OrderFactory(user=user), "burnt")


def test_mail_lists_what_was_bought_as_it_was_written(outbox, user, branch):
    product = ProductFactory(name="Раф <b>&</b> {{ 1|add:2 }}", price="4.50")

    OrderFactory(user=user, product=product, quantity=2, note="Visit evil.example")

    body = outbox()[0].body
    assert "2 × Раф <b>&</b> {{ 1|add:2 }}: 9.00 USD" in body
    assert "evil" not in body


def test_each_reads_their_own_language_not_the_requests(outbox, user, client, branch):
    AdminFactory(username="boss", language="ru")
    CartItemFactory(user=user)

    client.post("/api/orders/", {}, HTTP_ACCEPT_LANGUAGE="ru")

    customers, administrators = outbox()
    assert customers.subject == "Order 001 at CoffeeShop"
    assert administrators.subject == "Новый заказ 001, CoffeeShop"
    assert ("4.50 USD" in customers.body, "4,50 USD" in administrators.body) == (True, True)


@pytest.mark.parametrize(
    ("status", "subject"),
    [("ready", "Заказ 001 готов, CoffeeShop"), ("cancelled", "Заказ 001 отменён, CoffeeShop")],
)
def test_russian_customer_is_told_in_russian(outbox, branch, status, subject, settings):
    settings.READY_MAIL_SECONDS = 0
    customer = UserFactory(language="ru")

    OrderFactory(user=customer, status=status)
    mails.send_due_ready()

    assert outbox()[-1].subject == subject
    assert "Здравствуйте" in outbox()[-1].body


def test_pickup_is_told_in_the_branchs_time(outbox, user, branch):
    branch.timezone = "Asia/Vladivostok"
    branch.save()
    CartItemFactory(user=user)

    place_order(user=user, pickup_at=datetime(2030, 11, 23, 22, 30, tzinfo=UTC))

    assert "Nov. 24, 2030, 8:30 a.m." in outbox()[0].body


def test_cancellation_mail_tells_the_reason(outbox, admin_client, user, branch):
    order = OrderFactory(user=user)

    admin_client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled", "cancel_reason": "Нет молока"})

    assert "Нет молока" in outbox()[-1].body


def test_customers_own_reason_is_in_no_mail(outbox, client, user, branch):
    order = OrderFactory(user=user)

    client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled", "cancel_reason": "Visit evil.example"})

    assert [mail for mail in outbox() if "cancelled" in mail.subject]
    assert not [mail for mail in outbox() if "evil" in mail.body]


def test_address_that_nobody_verified_gets_no_mail(outbox, branch):
    strangers = [AdminFactory(is_verified=False), UserFactory(is_verified=False)]

    for status in ("ready", "cancelled"):
        OrderFactory(user=strangers[1], status=status)

    assert {address for mail in outbox() for address in mail.to}.isdisjoint(user.email for user in strangers)


def test_international_address_is_written_to_in_ascii(outbox, branch):
    OrderFactory(user=UserFactory(email="vera@пример.рф"))

    assert outbox()[0].to == ["vera@xn--e1afmkfd.xn--p1ai"]


def test_subject_is_one_line_whatever_a_branch_is_called(outbox, user, branch):
    branch.name = "Coffee\r\nBcc: everybody@example.com"
    branch.save()

    OrderFactory(user=user)

    assert "\n" not in outbox()[0].subject
    assert outbox()[0].recipients() == ["anna@example.com"]


def test_order_is_placed_although_the_customer_has_no_address(outbox, branch):
    order = OrderFactory(user__email="")

    assert (order.status, outbox()) == ("pending", [])


def test_orders_of_one_minute_are_one_mail_to_administrators(outbox, user, branch):
    AdminFactory(username="masha", language="ru")
    orders = [OrderFactory(user=user) for _ in range(4)]
    mails.send_due_announcements()
    at_once = [mail.subject for mail in outbox() if mail.to == ["masha@example.com"]]

    Order.objects.filter(announce_at__isnull=False).update(announce_at=F("announce_at") - timedelta(seconds=60))
    for _ in range(2):
        mails.send_due_announcements()

    bundled = [mail for mail in outbox() if mail.to == ["masha@example.com"]][1:]
    assert at_once == [f"Новый заказ {orders[0].number}, CoffeeShop"]
    assert [mail.subject for mail in bundled] == ["3 новых заказа"]
    assert all(order.number in bundled[0].body for order in orders[1:])


def test_order_that_was_rolled_back_is_in_no_bundle(outbox, admin_user, branch):
    OrderFactory()

    with transaction.atomic():
        OrderFactory()
        transaction.set_rollback(True)

    assert not Order.objects.filter(announce_at__isnull=False).exists()
