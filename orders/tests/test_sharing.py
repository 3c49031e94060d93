"""A shared link: who gets one, what it shows, when it ends, and that nobody can make one up."""

from datetime import timedelta

import pytest
from django.core.signing import Signer
from django.utils import timezone

from conftest import client_of
from orders.models import Order
from orders.sharing import share_link
from orders.tests.factories import OrderFactory
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(branch) -> Order:
    customer = UserFactory(username="secretive", first_name="Mia", email="mia@example.com")
    return OrderFactory(user=customer, branch=branch, note="for Mia")


def token_of(order: Order) -> str:
    return share_link(order).rstrip("/").rpartition("/")[2]


def test_owner_gets_a_link_that_strangers_can_follow(anonymous, order):
    link = client_of(order.user).get(f"/api/orders/{order.pk}/share/").json()["url"]

    page = anonymous.get(link)
    shown = anonymous.get(f"/api/shared-orders/{token_of(order)}/").json()

    assert page.status_code == 200
    assert shown["number"] == order.number
    assert shown["status"] == "pending"
    assert shown["promised_at"]
    assert shown["branch"] == order.branch.slug


def test_link_tells_nothing_of_the_person(anonymous, order):
    answers = [anonymous.get(share_link(order)), anonymous.get(f"/api/shared-orders/{token_of(order)}/")]

    for answer in answers:
        text = answer.content.decode()
        assert order.number in text
        assert not any(secret in text for secret in ("Mia", "mia@", "secretive", str(order.total_price)))
        assert "no-store" in answer["Cache-Control"]
    assert answers[0]["X-Robots-Tag"] == "noindex"


def test_each_link_shows_its_own_order(anonymous, order):
    others = OrderFactory.create_batch(2, branch=order.branch)

    for one in (*others, order):
        assert anonymous.get(f"/api/shared-orders/{token_of(one)}/").json()["number"] == one.number


def test_made_up_links_lead_nowhere(anonymous, order):
    other = OrderFactory(branch=order.branch)
    pk, _, signature = token_of(order).partition(".")
    signed = [Signer(sep=".").sign(pk), Signer(salt="something else", sep=".").sign(pk)]
    guesses = [*signed, f"{other.pk}.{signature}", f"{pk}.{signature[::-1]}", f"{pk}.{'A' * 43}", pk, f"{pk}.", "x"]

    for guess in guesses:
        for address in (f"/o/{guess}/", f"/api/shared-orders/{guess}/"):
            assert anonymous.get(address).status_code == 404, address


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_link_ends_a_day_after_the_order(anonymous, order, status):
    for hours, expected in [(23, 200), (25, 404)]:
        moment = timezone.now() - timedelta(hours=hours)
        Order.objects.filter(pk=order.pk).update(status=status, updated_at=moment)

        assert anonymous.get(share_link(order)).status_code == expected
        assert anonymous.get(f"/api/shared-orders/{token_of(order)}/").status_code == expected


def test_link_of_an_open_order_lasts(anonymous, order):
    Order.objects.filter(pk=order.pk).update(updated_at=timezone.now() - timedelta(days=9))

    assert anonymous.get(share_link(order)).status_code == 200
