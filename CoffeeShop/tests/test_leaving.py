"""Whoever closes their account is in no table any more, wherever their name was written."""

import uuid

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from mailer.models import Message as Queued

from conftest import client_of
from products.tests.factories import ProductFactory
from support.models import Conversation
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NAMES = ("zaphodina", "beeblebrox", "heartofgold")


def places_of_names() -> set[str]:
    """The tables in which one of the names stands. Queued e-mails are looked into; the row of a log is not its own."""
    found = {
        "mailer_message"
        for queued in Queued.objects.all()
        if any(name in f"{queued.to_addresses} {queued.subject} {queued.email.message()}".lower() for name in NAMES)
    }
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT lower(t::text) FROM "{table}" t')  # noqa: S608 - the database's own names
            if any(name in row for (row,) in cursor.fetchall() for name in NAMES):
                found.add(table)
    return found


@pytest.fixture
def busy_customer(branch, settings, admin_user):
    """Left their name in all places there are."""
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    user = UserFactory(
        username="zaphodina", first_name="Zaphodina", last_name="Beeblebrox", email="zaphodina@heartofgold.example"
    )
    client = client_of(user)
    product = ProductFactory()
    for number, status in enumerate(["pending", "accepted", "preparing", "cancelled"]):
        client.post("/api/cart/", {"product": product.pk}, HTTP_IDEMPOTENCY_KEY=f"Beeblebrox {number}")
        body = {"note": "For Zaphodina", "customer_name": "Heartofgold"}
        order = client.post("/api/orders/", body, HTTP_IDEMPOTENCY_KEY=f"Zaphodina {number}").json()
        for move in ["accepted", "preparing"][: {"pending": 0, "accepted": 1, "preparing": 2}.get(status, 0)]:
            client_of(admin_user).patch(f"/api/orders/{order['id']}/", {"status": move})
        if status == "cancelled":
            client.patch(f"/api/orders/{order['id']}/", {"status": status, "cancel_reason": "Zaphodina is ill"})
    client.post("/api/cart/", {"product": product.pk})
    conversation = client.post("/api/support/conversations/").json()["id"]
    path = f"/api/support/conversations/{conversation}/messages/"
    client.post(path, {"client_id": str(uuid.uuid4()), "text": "Where is it?"})
    client.patch("/api/users/me/", {"email": "beeblebrox@heartofgold.example", "current_password": PASSWORD})
    edited_in_the_back_office(admin_user, user, Conversation.objects.get())
    return user


def edited_in_the_back_office(administrator, user, conversation) -> None:
    visitor = Client()
    visitor.force_login(administrator)
    form = {"first_name": "Zaphodina", "last_name": "Beeblebrox", "language": "ru"}
    form |= {"positions-TOTAL_FORMS": 0, "positions-INITIAL_FORMS": 0}
    assert visitor.post(f"/admin/users/customuser/{user.pk}/change/", form).status_code == 302
    LogEntry.objects.create(
        user=administrator,
        content_type=ContentType.objects.get_for_model(conversation),
        object_id=str(conversation.pk),
        object_repr=str(conversation),
        action_flag=CHANGE,
    )


def test_closed_account_leaves_its_names_nowhere(busy_customer):
    before = places_of_names()
    response = client_of(busy_customer).delete("/api/users/me/", {"password": PASSWORD})

    assert before >= {
        "users_customuser", "users_idempotencyrecord", "orders_order", "django_admin_log", "mailer_message",
    }  # fmt: skip
    assert response.status_code == 204
    assert places_of_names() == set()


def test_closing_cancels_what_nobody_makes_yet(busy_customer):
    client_of(busy_customer).delete("/api/users/me/", {"password": PASSWORD})

    found = list(busy_customer.orders.order_by("pk").values_list("status", flat=True))
    assert found == ["cancelled", "cancelled", "preparing", "cancelled"]


def test_account_without_orders_leaves_its_names_nowhere(branch, settings, admin_user):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    user = UserFactory(username="zaphodina", email="zaphodina@heartofgold.example")
    client = client_of(user)
    client.post("/api/users/password/change/", {"current_password": PASSWORD, "new_password": "another horse 7"})
    conversation = Conversation.objects.create(customer=user)
    edited_in_the_back_office(admin_user, user, conversation)

    response = client_of(admin_user).delete(f"/api/users/{user.pk}/")

    assert response.status_code == 204
    assert places_of_names() == set()
