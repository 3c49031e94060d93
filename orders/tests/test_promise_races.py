"""Two buyers never get the same seconds.

`RACE_ROUNDS=50 python run.py test orders/tests/test_promise_races.py` races as often.
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from products.models import Branch, OpenWork
from products.schedule import full_minute
from products.tests.factories import BranchFactory, ProductFactory
from rest.tests.races import in_parallel, meeting
from users.tests.factories import UserFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for"),
    pytest.mark.django_db(transaction=True),
]

BUYERS, LEFT = 16, 3
CUP = 600


@pytest.fixture
def slot(branch):
    """In an hour, with room for three cups of ten minutes before it and not for a fourth."""
    at = full_minute(timezone.now()) + timedelta(hours=1)
    busy = int((at - timezone.now()).total_seconds()) - LEFT * CUP - CUP // 2
    OpenWork.objects.create(order_id=10**9, branch=branch, due_at=at, seconds=busy)
    return at


def buyers(number: int = BUYERS) -> list:
    product = ProductFactory(prep_seconds=CUP)
    return [client_of(CartItemFactory(user=UserFactory(), product=product).user) for _ in range(number)]


def buy_at_once(clients: list, **body) -> Counter:
    answers = in_parallel([lambda client=client: client.post("/api/orders/", body) for client in clients])
    return Counter((answer.status_code, answer.json().get("code")) for answer in answers)


@pytest.mark.parametrize("_round", range(int(os.environ.get("RACE_ROUNDS", 1))))
def test_last_seconds_of_a_slot_are_had_once(branch, slot, _round):
    found = buy_at_once(buyers(), pickup_at=slot.isoformat())

    assert found == {(201, None): LEFT, (409, "slot_full"): BUYERS - LEFT}
    assert OpenWork.objects.exclude(order_id=10**9).aggregate(total=Sum("seconds"))["total"] == LEFT * CUP


def test_slot_is_overbooked_when_nobody_locks(branch, slot, monkeypatch, untranslated):
    clients = buyers()
    monkeypatch.setattr("products.models.branches.BranchQuerySet.locked", meeting(BUYERS))

    found = buy_at_once(clients, pickup_at=slot.isoformat())

    assert found[201, None] > LEFT


def test_orders_for_now_are_promised_one_after_the_other(branch):
    found = buy_at_once(buyers(6))

    promises = sorted(Order.objects.values_list("promised_at", flat=True))
    assert found == {(201, None): 6}
    assert [later - promises[0] for later in promises] == [timedelta(seconds=CUP) * number for number in range(6)]


def test_buyers_do_not_wait_for_another_branch(branch):
    """Held is the lock of one branch; the other one sells meanwhile."""
    other, (client,) = BranchFactory(), buyers(1)
    with transaction.atomic():
        Branch.objects.locked().get(pk=other.pk)
        (answer,) = in_parallel([lambda: client.post("/api/orders/", {"branch": branch.slug})])

    assert answer.status_code == 201
