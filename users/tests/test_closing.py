"""What closing an account holds up, and how much an account may pile up."""

from functools import partial
from time import perf_counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from rest.tests.races import in_parallel
from users.models import MOST_KEYS, CustomUser, IdempotencyRecord
from users.services.administration import remove_user
from users.services.passwords import sign_in
from users.tests.factories import PASSWORD, AdminFactory, UserFactory


def keep_keys(user: CustomUser, number: int) -> None:
    now = timezone.now()
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(user=user, operation="orders.place", key=f"k{key}", status=201, body="{}", created_at=now)
        for key in range(number)
    )


def administrator_signs_in_while_closing(user: CustomUser, request_factory) -> bool:
    """Whether an administrator's row can be written while the closing is not yet committed."""
    administrator = AdminFactory()
    with transaction.atomic():
        remove_user(user_id=user.pk)

        def sign_in_now():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
            request = request_factory.post("/api/token/")
            return sign_in(request=request, login=administrator.username, password=PASSWORD)

        return "access" in in_parallel([sign_in_now])[0]


@pytest.mark.django_db(transaction=True)
def test_closing_holds_up_no_administrator(rf):
    assert administrator_signs_in_while_closing(UserFactory(), rf)


@pytest.mark.django_db
def test_closing_asks_the_same_whatever_is_piled_up():
    counts = []
    for number in (1, 1, 3000):  # content types are looked up the first time
        user = UserFactory()
        keep_keys(user, number)
        with CaptureQueriesContext(connection) as queries:
            remove_user(user_id=user.pk)
        counts.append(len(queries))

    assert counts[1] == counts[2]


@pytest.mark.django_db
def test_twenty_thousand_keys_go_in_a_moment():
    user = UserFactory()
    keep_keys(user, 20_000)

    began = perf_counter()
    remove_user(user_id=user.pk)

    assert perf_counter() - began < 2
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_oldest_keys_go_beyond_a_thousand(client, user):
    keep_keys(user, MOST_KEYS)
    keep_keys(UserFactory(), 5)

    client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="refused")  # an empty cart: nothing is kept
    held = IdempotencyRecord.objects.insert_unless_held(record_of(user, "new"))

    keys = set(IdempotencyRecord.objects.filter(user=user).values_list("key", flat=True))
    assert held
    assert (len(keys), "k0" in keys, "k1" in keys, "new" in keys) == (MOST_KEYS, False, True, True)
    assert IdempotencyRecord.objects.count() == MOST_KEYS + 5


@pytest.mark.django_db
def test_oldest_key_is_still_held_when_it_comes_back(user):
    keep_keys(user, MOST_KEYS)

    assert not IdempotencyRecord.objects.insert_unless_held(record_of(user, "k0"))
    assert IdempotencyRecord.objects.filter(user=user).count() == MOST_KEYS


def record_of(user: CustomUser, key: str) -> IdempotencyRecord:
    return IdempotencyRecord(user=user, operation="orders.place", key=key, created_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_keys_of_many_at_once_are_bounded_too(user):
    keep_keys(user, MOST_KEYS)

    @transaction.atomic
    def claim(key: str) -> bool:
        return IdempotencyRecord.objects.insert_unless_held(record_of(user, key))

    assert all(in_parallel([partial(claim, f"new{number}") for number in range(8)]))
    IdempotencyRecord.objects.insert_unless_held(record_of(user, "last"))
    assert IdempotencyRecord.objects.filter(user=user).count() <= MOST_KEYS
