from datetime import timedelta

import pytest
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.tests.factories import OrderFactory
from products.tests.factories import ProductFactory
from users.models import CustomUser
from users.services.cleanup import delete_unverified
from users.tests.factories import PASSWORD, GuestFactory

pytestmark = pytest.mark.django_db


def test_claimed_account_keeps_cart_and_orders():
    guest = GuestFactory()
    order = OrderFactory(user=guest)
    CartItemFactory(user=guest)

    body = {"username": "vera", "email": "vera@example.com", "password": PASSWORD}
    response = client_of(guest).post("/api/users/claim/", body)

    order.refresh_from_db()
    assert response.status_code == 200
    assert [order.user.username, CartItem.objects.get().user.username] == ["vera", "vera"]


def test_guest_with_orders_leaves_without_the_name():
    guest = OrderFactory(user=GuestFactory(first_name="Vera")).user

    response = client_of(guest).delete("/api/users/me/")

    guest.refresh_from_db()
    assert response.status_code == 204
    assert (guest.first_name, guest.is_guest, guest.is_active, guest.is_closed) == ("", False, False, True)


def test_guest_places_an_order_and_gets_no_email(branch, mailoutbox):
    client = client_of(GuestFactory())
    client.post("/api/cart/", {"product": ProductFactory().pk})

    response = client.post("/api/orders/", {})

    assert response.status_code == 201
    assert not mailoutbox


def test_cleanup_keeps_guests_that_have_orders():
    guest = OrderFactory(user=GuestFactory(date_joined=timezone.now() - timedelta(days=3))).user

    assert delete_unverified(older_than=timedelta(days=2)) == 0
    assert CustomUser.objects.filter(pk=guest.pk).exists()
