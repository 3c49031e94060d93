"""What stays of a person's orders when the person goes."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.tests.factories import OrderFactory
from products.models import Branch
from rest.tests.races import in_parallel, overtaken
from users.models import CustomUser, TokenFamily
from users.services import cleanup
from users.services.administration import remove_user
from users.tests.factories import PASSWORD, UserFactory
from users.tokens import end_all_sessions

LONG_AGO = timedelta(days=3)


@pytest.mark.django_db
def test_closed_account_leaves_its_orders_without_the_person(client, admin_client, user):
    user.first_name = "Anna"
    user.save()
    order = OrderFactory(user=user)
    CartItemFactory(user=user)

    response = client.delete("/api/users/me/", {"password": PASSWORD})

    user.refresh_from_db()
    seen = admin_client.get(f"/api/orders/{order.pk}/").json()
    assert response.status_code == 204
    assert seen["user"]["id"] == user.pk
    assert "anna" not in str(seen)
    assert (user.email, user.first_name, user.is_active, user.has_usable_password()) == ("", "", False, False)
    assert not CartItem.objects.filter(user=user).exists()
    assert not TokenFamily.objects.filter(user=user).exists()


@pytest.mark.django_db
def test_export_of_many_orders_costs_no_more_queries(client, user, branch):
    numbers, orders = [], []
    for _ in range(2):
        orders += OrderFactory.create_batch(2, user=user)
        with CaptureQueriesContext(connection) as queries:
            found = client.get("/api/users/me/export/").json()["orders"]
        numbers.append(len(queries))

    assert [order["id"] for order in found] == [order.pk for order in orders]  # the oldest first
    assert numbers[0] == numbers[1]


@pytest.mark.django_db
def test_name_and_address_are_free_after_closing_an_account(client, anonymous, user):
    OrderFactory(user=user)
    client.delete("/api/users/me/", {"password": PASSWORD})

    response = anonymous.post("/api/users/", {"username": "anna", "email": user.email, "password": PASSWORD})

    assert response.status_code == 201


@pytest.mark.django_db
def test_closed_account_does_not_return_as_an_administrator(client, admin_client, user):
    OrderFactory(user=user)
    client.delete("/api/users/me/", {"password": PASSWORD})

    response = admin_client.patch(f"/api/users/{user.pk}/", {"is_active": True, "role": "admin"})

    assert (response.status_code, response.json()["code"]) == (409, "account_closed")


@pytest.mark.django_db(transaction=True)
def test_administrator_who_deletes_a_user_with_orders_anonymises_them(admin_client, user, branch):
    OrderFactory(user=user)

    response = admin_client.delete(f"/api/users/{user.pk}/")

    assert response.status_code == 204
    assert CustomUser.objects.get(pk=user.pk).username.startswith("closed-")


@pytest.mark.django_db
def test_cleanup_spares_whoever_ordered(capsys):
    OrderFactory(user=UserFactory(is_verified=False, date_joined=timezone.now() - LONG_AGO))

    call_command("cleanup_unverified")

    assert capsys.readouterr().out == "Deleted 0 unverified users\n"


def clean_up_while_ordering() -> tuple[int, bool, int]:
    """Of one round: what the customer was answered, whether they and their order are there, how many were deleted."""
    Branch.objects.get_or_create(slug="main", defaults={"name": "CoffeeShop", "is_default": True})
    user = UserFactory(is_verified=False, date_joined=timezone.now() - LONG_AGO)
    CartItemFactory(user=user)
    order = partial(client_of(user).post, "/api/orders/", {})

    answer, deleted = in_parallel([order, partial(cleanup.delete_unverified, older_than=timedelta(days=2))])

    return answer.status_code, Order.objects.filter(user=user.pk).exists(), deleted


@pytest.mark.django_db(transaction=True)
def test_cleanup_spares_an_account_placing_its_first_order():
    rounds = [clean_up_while_ordering() for _ in range(20)]

    assert all((status == 201, deleted) == (is_there, not is_there) for status, is_there, deleted in rounds)
    assert {status for status, _is_there, _deleted in rounds} <= {201, 401, 404, 409}


ENDINGS = {
    "closed": lambda user: remove_user(user_id=user.pk),
    "blocked": lambda user: CustomUser.objects.filter(pk=user.pk).update(is_active=False),
    "signed out": end_all_sessions,
}
LATE = {
    "order": ("post", "/api/orders/", {}),
    "add": ("post", "/api/cart/", {"quantity": 1}),
    "change": ("patch", "/api/cart/{item}/", {"quantity": 2}),
    "remove": ("delete", "/api/cart/{item}/", None),
    "clear": ("delete", "/api/cart/", None),
    "profile": ("patch", "/api/users/me/", {"first_name": "Anna"}),
}


def late_status(ending: str, late: str) -> int:
    """Of a request that waited for the user's row while the account ended."""
    user = OrderFactory(user=UserFactory()).user
    item = CartItemFactory(user=user)
    method, url, body = LATE[late]
    body = body if late != "add" else {**body, "product": item.product_id}
    call = partial(getattr(client_of(user), method), url.format(item=item.pk), body)
    return overtaken(partial(ENDINGS[ending], user), call).status_code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("late", LATE)
def test_nothing_goes_on_after_the_account_has_ended(branch, ending, late):
    assert late_status(ending, late) == 401
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_order_follows_the_closing_when_nobody_looks(branch, monkeypatch):
    monkeypatch.setattr(
        "cart.services.lock_user", lambda user: CustomUser.objects.select_for_update(no_key=True).get(pk=user.pk)
    )

    assert late_status("blocked", "order") == 201
