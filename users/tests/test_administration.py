from functools import partial

import pytest
from django.db import connection

from conftest import client_of
from rest.tests.races import in_parallel, meeting
from users.models import CustomUser, Role
from users.services.administration import change_user
from users.tests.factories import PASSWORD, AdminFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_list_is_for_administrators_at_constant_cost(admin_client, client, anonymous, django_assert_num_queries):
    UserFactory.create_batch(5)

    with django_assert_num_queries(3):
        response = admin_client.get("/api/users/")

    assert response.json()["count"] == 7
    assert client.get("/api/users/").status_code == 403
    assert anonymous.get("/api/users/").status_code == 401


def test_list_can_be_searched_and_filtered(admin_client, user):
    UserFactory(username="vera", is_verified=False)
    UserFactory(username="oleg", is_active=False)

    def names(query):
        return [row["username"] for row in admin_client.get(f"/api/users/?{query}").json()["results"]]

    assert names("search=VERA") == ["vera"]
    assert names("search=ER+VERA+ple.c") == ["vera"]
    assert names("search=vera+anna") == names("search=veravera") == []
    assert names("search=example.com&role=user&is_active=true&is_verified=true") == ["anna"]
    assert names("is_active=false") == ["oleg"]
    assert names("role=admin") == ["boss"]
    assert admin_client.get("/api/users/?role=king").status_code == 400


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads every row")
def test_search_has_its_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone() is None:  # a server without trigrams reads every row, too
            return
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "users_customuser_texts_trigrams" in CustomUser.objects.matching(["vera"]).explain()


@pytest.mark.parametrize("query", ["is_active=maybe", "is_verified=2", "role=boss", "page=0", "search=%00"])
def test_list_refuses_what_it_does_not_understand(admin_client, query):
    assert admin_client.get(f"/api/users/?{query}").status_code == 400


def test_promotion_ends_the_sessions_of_the_promoted(admin_client, client, user):
    response = admin_client.patch(f"/api/users/{user.pk}/", {"role": "admin"})

    assert (response.status_code, response.json()["role"]) == (200, "admin")
    assert client.get("/api/users/me/").status_code == 401
    assert client_of(CustomUser.objects.get(pk=user.pk)).get("/api/users/").status_code == 200


def test_block_ends_sessions_and_forbids_signing_in(admin_client, client, anonymous, user):
    admin_client.patch(f"/api/users/{user.pk}/", {"is_active": False})

    assert client.get("/api/users/me/").status_code == 401
    assert anonymous.post("/api/token/", {"username": "anna", "password": PASSWORD}).status_code == 401


def test_repeated_change_is_200_and_ends_no_session(admin_client, client, user):
    response = admin_client.patch(f"/api/users/{user.pk}/", {"role": "user", "is_active": True})

    assert (response.status_code, response.json()["username"]) == (200, "anna")
    assert client.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize("body", [{"role": "king"}, {"is_active": "perhaps"}, {"is_verified": None}, {"role": None}])
def test_change_names_the_field_when_its_value_is_wrong(admin_client, user, body):
    response = admin_client.patch(f"/api/users/{user.pk}/", body)

    assert (response.status_code, list(response.json())) == (400, list(body))


def test_nobody_changes_their_own_power(admin_client, admin_user):
    body = {"role": "user", "is_active": False, "is_verified": False, "is_superuser": True, "is_staff": True}

    response = admin_client.patch(f"/api/users/{admin_user.pk}/", body)

    admin_user.refresh_from_db()
    assert response.status_code == 200
    assert (admin_user.role, admin_user.is_active, admin_user.is_verified) == (Role.ADMIN, True, True)
    assert (admin_user.is_superuser, admin_user.is_staff) == (False, False)


def test_role_of_a_superuser_is_fixed(admin_client):
    superuser = CustomUser.objects.create_superuser("root", "root@example.com", PASSWORD)

    response = admin_client.patch(f"/api/users/{superuser.pk}/", {"role": "user"})

    assert (response.status_code, response.json()["code"]) == (409, "role_fixed")
    assert (superuser.is_admin, superuser.is_verified) == (True, True)


def test_last_administrator_keeps_the_role_through_allowed_changes(admin_user, user):
    changed = change_user(user_id=admin_user.pk, by=user, is_verified=False)

    assert (changed.is_verified, changed.is_admin) == (False, True)


def test_last_administrator_cannot_leave(admin_client, admin_user):
    AdminFactory(is_active=False)

    answers = [
        admin_client.delete(f"/api/users/{admin_user.pk}/"),
        admin_client.delete("/api/users/me/", {"password": PASSWORD}),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "last_admin")] * 2
    assert CustomUser.objects.filter(pk=admin_user.pk, is_active=True).exists()


@pytest.mark.parametrize("request_kind", ["patch", "delete"])
def test_stranger_and_user_change_nobody(client, anonymous, admin_user, request_kind):
    for caller, status in [(client, 403), (anonymous, 401)]:
        response = getattr(caller, request_kind)(f"/api/users/{admin_user.pk}/", {"role": "user"})
        assert response.status_code == status

    admin_user.refresh_from_db()
    assert admin_user.is_admin


def test_unknown_user_is_404(admin_client):
    assert admin_client.patch("/api/users/999999/", {"role": "admin"}).status_code == 404
    assert admin_client.delete("/api/users/999999/").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_two_administrators_cannot_demote_each_other_in_parallel(monkeypatch, is_locked, untranslated):
    """One of them succeeds; without the lock, the negative control, both, and nobody is left."""
    if not is_locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", meeting(2))

    assert administrators_left_after_both_demote() == (1 if is_locked else 0)


def administrators_left_after_both_demote() -> int:
    one, two = AdminFactory(), AdminFactory()
    clients = [(client_of(one), two), (client_of(two), one)]
    in_parallel([partial(client.patch, f"/api/users/{other.pk}/", {"role": "user"}) for client, other in clients])
    return CustomUser.objects.administrators().count()
