from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from conftest import client_of
from rest.tests.races import in_parallel
from users import tokens
from users.models import CustomUser, Role
from users.services import accounts
from users.services.cleanup import delete_unverified
from users.tests.factories import PASSWORD, GuestFactory, UserFactory

pytestmark = pytest.mark.django_db

CLAIM = {"username": "vera", "email": "vera@example.com", "password": PASSWORD}


@pytest.fixture
def guest() -> CustomUser:
    return GuestFactory(first_name="Vera")


@pytest.fixture
def guest_client(guest):
    return client_of(guest)


def test_guest_is_an_account_without_address_and_password(anonymous, mailoutbox):
    response = anonymous.post("/api/users/guest/", {"name": "Вера", "language": "ru"})

    guest = CustomUser.objects.get()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert response.json()["user"] == client_of(guest).get("/api/users/me/").json()
    assert (guest.first_name, guest.language, guest.email, guest.is_guest) == ("Вера", "ru", "", True)
    assert not guest.has_usable_password()
    assert not mailoutbox


def test_guest_may_come_without_a_word(anonymous):
    response = anonymous.post("/api/users/guest/", headers={"accept-language": "ru"})

    assert (response.status_code, response.json()["user"]["language"]) == (201, "ru")


def test_guests_tokens_are_good_and_can_be_renewed(anonymous):
    pair = anonymous.post("/api/users/guest/", {}).json()

    renewed = anonymous.post("/api/token/refresh/", {"refresh": pair["refresh"]}).json()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {renewed['access']}")

    assert anonymous.get("/api/users/me/").json()["is_guest"] is True
    assert anonymous.get("/api/cart/").status_code == 200


@pytest.mark.parametrize(
    "body", [{"name": 5}, {"name": "a\u202eb"}, {"name": "x" * 151}, {"name": None}, {"language": "de"}, []]
)
def test_guest_with_a_wrong_field_is_refused(anonymous, body):
    response = anonymous.post("/api/users/guest/", body)

    assert response.status_code == 400
    assert not CustomUser.objects.exists()


def test_guests_are_counted_by_the_registration_limit(anonymous):
    statuses = [anonymous.post("/api/users/guest/", {}).status_code for _ in range(29)]
    failed = anonymous.post("/api/users/", {})
    counted = anonymous.post("/api/users/guest/", {})

    assert statuses == [201] * 29
    assert (failed.status_code, counted.status_code, counted.json()["code"]) == (400, 429, "throttled")


def test_claim_makes_a_guest_a_full_account(guest_client, guest, anonymous, mailoutbox):
    response = guest_client.post("/api/users/claim/", CLAIM)

    guest.refresh_from_db()
    assert response.status_code == 200
    assert response.json() == guest_client.get("/api/users/me/").json()
    assert (guest.username, guest.email, guest.is_guest, guest.is_verified) == ("vera", CLAIM["email"], False, False)
    assert [mail.to for mail in mailoutbox] == [["vera@example.com"]]
    assert anonymous.post("/api/token/", {"username": "VERA", "password": PASSWORD}).status_code == 200


def test_claim_is_refused_to_a_full_account(client, guest_client):
    guest_client.post("/api/users/claim/", CLAIM)

    for answer in (client.post("/api/users/claim/", {}), guest_client.post("/api/users/claim/", CLAIM)):
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_guest")


@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_claim_names_the_field_that_is_missing(guest_client, guest, field):
    response = guest_client.post("/api/users/claim/", {name: CLAIM[name] for name in CLAIM if name != field})

    guest.refresh_from_db()
    assert (response.status_code, list(response.json())) == (400, [field])
    assert guest.is_guest


def test_claim_refuses_what_another_account_has(guest_client):
    UserFactory(username="vera", email="vera@example.com")

    response = guest_client.post("/api/users/claim/", CLAIM | {"username": "VERA"})

    assert response.status_code == 400
    assert set(response.json()) == {"username", "email"}


def test_claim_is_counted_by_the_registration_limit(guest_client):
    statuses = [guest_client.post("/api/users/claim/", {}).status_code for _ in range(31)]

    assert statuses == [400] * 30 + [429]


@pytest.mark.django_db(transaction=True)
def test_claim_has_one_winner_of_eight_at_once():
    guest = GuestFactory()

    def claim(number):
        body = {"username": f"u{number}", "email": f"u{number}@example.com", "password": PASSWORD}
        return client_of(guest).post("/api/users/claim/", body).status_code

    assert sorted(in_parallel([partial(claim, number) for number in range(8)])) == [200] + [409] * 7


@pytest.mark.django_db(transaction=True)
def test_claim_has_several_winners_without_the_look_under_lock(monkeypatch):
    monkeypatch.setattr(tokens, "lock_user", lambda user: user)

    def claim(guest, number):
        name = f"{guest.pk}-{number}"
        accounts.claim_account(user=guest, username=name, email=f"{name}@example.com", password=PASSWORD)
        return True

    guest = GuestFactory()
    copies = [CustomUser.objects.get(pk=guest.pk) for _ in range(4)]

    assert in_parallel([partial(claim, copy, number) for number, copy in enumerate(copies)]) == [True] * 4


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("patch", "/api/users/me/", {"email": "vera@example.com"}),
        ("patch", "/api/users/me/", {"email": "vera@example.com", "current_password": "x"}),
        ("post", "/api/users/password/change/", {"current_password": "x", "new_password": "another horse 7"}),
    ],
)
def test_guest_is_told_to_claim_first(guest_client, guest, mailoutbox, method, url, body):
    response = getattr(guest_client, method)(url, body)

    assert (response.status_code, response.json()["code"]) == (409, "guest_account")
    assert not mailoutbox


def test_guest_changes_name_and_language(guest_client, guest):
    response = guest_client.patch("/api/users/me/", {"first_name": "Vero", "language": "ru"})

    assert (response.status_code, response.json()["first_name"]) == (200, "Vero")


@pytest.mark.parametrize("body", [None, {}])
def test_guest_closes_the_account_without_a_password(guest_client, guest, body):
    response = guest_client.delete("/api/users/me/", body)

    assert response.status_code == 204
    assert not CustomUser.objects.exists()


@pytest.mark.parametrize("password", ["", "!", PASSWORD])
def test_nobody_signs_in_as_a_guest_by_name(anonymous, guest, password):
    response = anonymous.post("/api/token/", {"username": guest.username, "password": password})

    assert response.status_code in {400, 401}


def test_many_guests_have_no_address_and_get_no_email(anonymous, mailoutbox):
    GuestFactory.create_batch(3)

    anonymous.post("/api/users/password/reset/", {"email": ""})
    anonymous.post("/api/users/verify/resend/", {"email": ""})

    assert not mailoutbox


@pytest.mark.parametrize("change", [{"role": "admin"}, {"is_verified": True}])
def test_administrator_gives_a_guest_no_power(admin_client, guest, change):
    response = admin_client.patch(f"/api/users/{guest.pk}/", change)

    assert (response.status_code, response.json()["code"]) == (409, "guest_account")


def test_administrator_blocks_and_finds_guests(admin_client, guest):
    blocked = admin_client.patch(f"/api/users/{guest.pk}/", {"is_active": False})
    found = admin_client.get("/api/users/?is_guest=true").json()["results"]

    assert blocked.status_code == 200
    assert [(row["id"], row["is_active"]) for row in found] == [(guest.pk, False)]


@pytest.mark.parametrize("power", [{"email": "a@b.example"}, {"role": Role.ADMIN}, {"is_verified": True}])
def test_database_keeps_guests_from_address_and_power(guest, power):
    with pytest.raises(IntegrityError):
        CustomUser.objects.filter(pk=guest.pk).update(**power)


def test_cleanup_removes_old_guests_that_left_nothing():
    GuestFactory(date_joined=timezone.now() - timedelta(days=3))
    new = GuestFactory()

    assert delete_unverified(older_than=timedelta(days=2)) == 1
    assert CustomUser.objects.get() == new
