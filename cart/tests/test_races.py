import pytest
from django.db import connection

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from products.tests.factories import ProductFactory
from rest.tests.races import in_parallel, meeting

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for"),
    pytest.mark.django_db(transaction=True),
]
TAPS = 8


def add_at_once(user, bodies: list[dict], **headers) -> list[int]:
    clients = [client_of(user) for _ in bodies]
    calls = [
        lambda client=client, body=body: client.post("/api/cart/", body, **headers).status_code
        for client, body in zip(clients, bodies, strict=True)
    ]
    return in_parallel(calls)


def test_parallel_adds_of_one_product_merge_into_one_line(user, branch):
    product = ProductFactory()

    statuses = add_at_once(user, [{"product": product.pk}] * TAPS)

    assert sorted(statuses) == [200] * (TAPS - 1) + [201]
    assert CartItem.objects.get().quantity == TAPS


def test_parallel_adds_never_make_a_51st_line(user, branch):
    fill_49_lines(user)

    statuses = add_at_once(user, [{"product": product.pk} for product in ProductFactory.create_batch(TAPS)])

    assert sorted(statuses) == [201] + [409] * (TAPS - 1)
    assert CartItem.objects.count() == 50


def test_parallel_adds_exceed_50_lines_when_nobody_locks(user, branch, monkeypatch):
    fill_49_lines(user)
    monkeypatch.setattr("cart.services.lock_cart", meeting(TAPS, is_written=True))

    add_at_once(user, [{"product": product.pk} for product in ProductFactory.create_batch(TAPS)])

    assert CartItem.objects.count() == 49 + TAPS


def fill_49_lines(user) -> None:
    for product in ProductFactory.create_batch(49):
        CartItemFactory(user=user, product=product)


def test_parallel_adds_count_once_when_they_bring_one_key(user, branch):
    product = ProductFactory()

    statuses = add_at_once(user, [{"product": product.pk}] * TAPS, HTTP_IDEMPOTENCY_KEY="tap")

    assert statuses == [201] * TAPS
    assert CartItem.objects.get().quantity == 1
