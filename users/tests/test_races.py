"""Real threads on PostgreSQL. Each race has its negative control: the same rounds without the safeguard go wrong."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from conftest import client_of
from rest.tests.races import in_parallel, meeting
from users import tokens
from users.exceptions import LinkNotValid
from users.links import user_id_from, verification_link
from users.models import CustomUser, TokenFamily
from users.services import cleanup
from users.services.accounts import verify_email
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def refresh_statuses(token: str, times: int) -> list[int]:
    def refresh():
        return client_of(None).post("/api/token/refresh/", {"refresh": token}).status_code

    return in_parallel([refresh] * times)


def checking_before(update: Callable, number: int) -> Callable:
    """What a conditional UPDATE of a family must not be taken apart into, done by so many at once."""
    meet = meeting(number)

    def check_then_update(queryset: QuerySet, **values) -> int:
        if queryset.model is not TokenFamily:
            return update(queryset, **values)
        meet()
        found = queryset.first()
        return 0 if found is None else update(TokenFamily.objects.filter(pk=found.pk), **values)

    return check_then_update


def test_refresh_has_one_winner_of_sixteen_every_round():
    user = UserFactory()

    for _ in range(20):
        statuses = refresh_statuses(tokens.start_family(user)["refresh"], times=16)
        assert sorted(statuses) == [200] + [401] * 15


def test_refresh_has_several_winners_when_check_precedes_update(monkeypatch):
    token = tokens.start_family(UserFactory())["refresh"]
    monkeypatch.setattr(QuerySet, "update", checking_before(QuerySet.update, 16))

    statuses = refresh_statuses(token, times=16)

    assert statuses.count(200) > 1


def test_refresh_gives_all_sixteen_one_pair_by_key():
    token = tokens.start_family(UserFactory())["refresh"]

    def refresh():
        return client_of(None).post("/api/token/refresh/", {"refresh": token}, HTTP_IDEMPOTENCY_KEY="k").json()

    pairs = in_parallel([refresh] * 16)

    assert all(pair == pairs[0] for pair in pairs)
    assert set(pairs[0]) == {"access", "refresh"}


def clean_up_while_verifying(before: Callable = lambda: None, after: Callable = lambda: None) -> tuple[bool, bool, int]:
    """Of one round: was the user told that they are verified, are they there, and how many were deleted?

    `before` and `after` are called around the verification.
    """
    user = UserFactory(is_verified=False, date_joined=timezone.now() - timedelta(days=3))
    query = dict(part.split("=") for part in verification_link(user).partition("?")[2].split("&"))

    def verify() -> bool:
        before()
        try:
            verify_email(**query)
        except LinkNotValid:
            return False
        after()
        return True

    was_verified, deleted = in_parallel([verify, partial(cleanup.delete_unverified, older_than=timedelta(days=2))])
    is_there = CustomUser.objects.filter(pk=user_id_from(query["uid"]), is_verified=True).exists()
    CustomUser.objects.all().delete()
    return was_verified, is_there, deleted


def test_cleanup_loses_nobody_who_verifies_at_the_same_moment():
    rounds = [clean_up_while_verifying() for _ in range(40)]

    assert set(rounds) <= {(True, True, 0), (False, False, 1)}


def delete_at_once(stale: QuerySet, pk: int) -> bool:
    return bool(CustomUser.objects.filter(pk=pk).delete()[0])


@pytest.mark.parametrize("looks_again", [True, False])
def test_cleanup_spares_who_verifies_after_the_first_look(monkeypatch, looks_again):
    has_looked, is_verified = threading.Event(), threading.Event()
    delete = cleanup._delete_if_still if looks_again else delete_at_once

    def delete_late(*chosen) -> bool:
        has_looked.set()
        return is_verified.wait(30) and delete(*chosen)

    monkeypatch.setattr(cleanup, "_delete_if_still", delete_late)

    found = clean_up_while_verifying(partial(has_looked.wait, 10), is_verified.set)

    assert found == ((True, True, 0) if looks_again else (True, False, 1))


def passwords_changed(user: CustomUser) -> list[int]:
    token = tokens.start_family(user)["access"]

    def change(number: int) -> int:
        client = client_of(None)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        body = {"current_password": PASSWORD, "new_password": f"another fine password {number}"}
        return client.post("/api/users/password/change/", body).status_code

    return in_parallel([partial(change, number) for number in range(4)])


def test_password_changes_once_however_many_know_it():
    for _ in range(10):
        assert sorted(passwords_changed(UserFactory())) == [200, 401, 401, 401]


def test_password_changes_several_times_without_the_locked_look(monkeypatch):
    monkeypatch.setattr(tokens, "lock_user", meeting(4))

    assert passwords_changed(UserFactory()).count(200) > 1


def closed_while(user: CustomUser, method: str, url: str, body: dict) -> int:
    """The status of a request that meets the closing of its account."""
    closing, other = client_of(user), client_of(user)
    calls = [
        partial(closing.delete, "/api/users/me/", {"password": PASSWORD}),
        partial(getattr(other, method), url, body),
    ]
    return in_parallel(calls)[1].status_code


def test_parallel_requests_get_answers_when_an_account_closes():
    change = {"current_password": PASSWORD, "new_password": "another fine password"}

    statuses = set()
    for _ in range(8):
        user = UserFactory()
        statuses.add(closed_while(user, "post", "/api/token/", {"username": user.username, "password": PASSWORD}))
        statuses.add(closed_while(UserFactory(), "patch", "/api/users/me/", {"first_name": "Anna"}))
        statuses.add(closed_while(UserFactory(), "post", "/api/users/password/change/", change))

    assert statuses <= {200, 400, 401}
