from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from orders.services import change_status
from products.tests.factories import BranchProductFactory
from rest.tests.races import in_parallel
from users.models import IdempotencyRecord
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def order(client, body=None, key="tap-1"):
    return client.post("/api/orders/", body or {}, HTTP_IDEMPOTENCY_KEY=key)


def test_repetition_gets_the_same_order_and_says_so(client, user, branch):
    CartItemFactory(user=user)

    first, again = order(client, {"note": "a"}), order(client, {"note": "a"})

    assert [answer.status_code for answer in (first, again)] == [201, 201]
    assert first.json() == again.json()
    assert (first.has_header("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (False, "true")
    assert Order.objects.count() == 1


def test_repetition_gets_the_first_answer_after_the_order_moved(client, user, branch):
    CartItemFactory(user=user)
    first = order(client).json()

    change_status(order_id=first["id"], to="cancelled", by=user)
    CartItemFactory(user=user)

    assert order(client).json() == first
    assert Order.objects.count() == 1


def test_key_belongs_to_the_user_not_the_token(client, user, branch):
    CartItemFactory(user=user)
    first = order(client)

    again = order(client_of(user))

    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"


def test_key_of_another_user_is_another_key(client, user, branch):
    stranger = UserFactory()
    for buyer in (user, stranger):
        CartItemFactory(user=buyer)

    answers = [order(client), order(client_of(stranger))]
    again = [order(client), order(client_of(stranger))]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.json() for answer in again] == [answer.json() for answer in answers]
    assert Order.objects.count() == 2


def test_each_key_of_a_user_keeps_its_own_answer(client, user, branch):
    answers = {}
    for key in ("tap-1", "tap-2"):
        CartItemFactory(user=user)
        answers[key] = order(client, key=key).json()

    again = {key: order(client, key=key).json() for key in answers}

    assert again == answers
    assert Order.objects.count() == 2


def test_key_of_another_operation_is_another_key(client, user, branch):
    item = CartItemFactory(user=user)

    def add():
        return client.post("/api/cart/", {"product": item.product_id}, HTTP_IDEMPOTENCY_KEY="tap-1")

    added, placed = add(), order(client)

    assert (added.status_code, placed.status_code) == (200, 201)
    assert (add().json(), order(client).json()) == (added.json(), placed.json())


def test_key_is_422_when_the_body_is_another(client, user, branch):
    CartItemFactory(user=user)
    order(client, {"note": "a"})

    response = order(client, {"note": "b"})

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.count() == 1


def test_key_ignores_the_order_of_the_bodys_fields(client, user, branch):
    CartItemFactory(user=user)
    order(client, {"note": "a", "branch": "main"})

    response = order(client, {"branch": "main", "note": "a"})

    assert (response.status_code, response["Idempotency-Replayed"]) == (201, "true")


@pytest.mark.parametrize("key", ["", "k" * 256, "a\0b"])
def test_key_is_400_when_empty_long_or_no_text(client, branch, key):
    response = order(client, key=key)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_not_valid")


@pytest.mark.parametrize("key", ["k", "k" * 255, "ключ ☕", "' OR 1=1 --"])
def test_key_is_any_text_up_to_255_characters(client, user, branch, key):
    CartItemFactory(user=user)

    answers = [order(client, key=key), order(client, key=key)]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_key_stays_free_when_the_order_is_refused(client, user, branch):
    empty = order(client)
    row = BranchProductFactory(branch=branch, stock=0)
    CartItemFactory(user=user, product=row.product)
    sold_out = order(client)
    stored = IdempotencyRecord.objects.count()
    type(row).objects.update(stock=1)

    placed = order(client)

    assert [answer.status_code for answer in (empty, sold_out, placed)] == [400, 409, 201]
    assert (stored, placed.has_header("Idempotency-Replayed")) == (0, False)


def test_key_is_checked_before_everything_else(client, user, branch):
    CartItemFactory(user=user)
    order(client, {"note": "a"})
    branch.is_active = False
    branch.save()

    reused, replayed = order(client, {"branch": "nowhere"}), order(client, {"note": "a"})

    assert (reused.status_code, replayed.status_code) == (422, 201)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to wait for")
@pytest.mark.django_db(transaction=True)
def test_key_is_409_when_swept_between_two_statements(client, user, branch):
    CartItemFactory(user=user)
    order(client)

    def sweep(execute, sql, *rest):
        if "idempotencyrecord" in sql and sql.endswith("FOR UPDATE"):
            in_parallel([IdempotencyRecord.objects.all().delete])
        return execute(sql, *rest)

    with connection.execute_wrapper(sweep):
        response = order(client)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")


def test_key_is_forgotten_after_24_hours(client, user, branch):
    CartItemFactory(user=user)
    first = order(client)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    CartItemFactory(user=user)

    second = order(client, {"note": "another body"})

    assert (second.status_code, second.has_header("Idempotency-Replayed")) == (201, False)
    assert second.json()["id"] != first.json()["id"]
