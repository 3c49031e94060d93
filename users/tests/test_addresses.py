import re
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError

from conftest import client_of
from users.addresses import deliverable, email_key, normalise_email
from users.integrity import problems
from users.links import reset_tokens, verification_tokens
from users.models import CustomUser
from users.services.accounts import verify_email
from users.tests.factories import PASSWORD, UserFactory

UNICODE, ASCII = "a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize("spelling", [UNICODE, ASCII, "a@ПРИМЕР.рф", "A@XN--E1AFMKFD.xn--p1ai"])
def test_one_address_has_one_key_and_one_form(spelling):
    assert (email_key(spelling), normalise_email(spelling).lower()) == (ASCII, UNICODE)


def test_domains_are_those_of_idna_2008():
    assert deliverable("a@straße.example") == "a@xn--strae-oqa.example"
    assert email_key("a@straße.example") != email_key("a@strasse.example")


@pytest.mark.parametrize("look_alike", ["mİke@example.com", "mi\u212ae@example.com", "ｍike@example.com"])
def test_look_alike_has_a_key_of_its_own(look_alike):
    assert email_key(look_alike) != email_key("mike@example.com")
    assert deliverable(look_alike) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("registered", "typed"), [(UNICODE, ASCII), (ASCII, UNICODE)])
def test_both_forms_are_accepted_everywhere(anonymous, mailoutbox, registered, typed):
    body = {"username": "vera", "email": registered, "password": PASSWORD}
    answer = anonymous.post("/api/users/", body)
    for route in ("verify/resend", "password/reset"):
        anonymous.post(f"/api/users/{route}/", {"email": typed})
    again = anonymous.post("/api/users/", {"username": "oleg", "email": typed, "password": PASSWORD})
    page = anonymous.post("/api/token/", {"username": typed, "password": PASSWORD})

    assert answer.json()["email"] == UNICODE
    assert [email.to for email in mailoutbox] == [[ASCII]] * 3
    assert (again.status_code, list(again.json())) == (400, ["email"])
    assert page.status_code == 200


@pytest.mark.django_db
def test_other_form_of_the_own_address_is_no_change(mailoutbox):
    user = UserFactory(email=UNICODE)

    response = client_of(user).patch("/api/users/me/", {"email": ASCII})

    assert (response.status_code, response.json()["pending_email"]) == (200, "")
    assert not mailoutbox


@pytest.mark.django_db
def test_look_alike_signs_in_to_nobody(anonymous):
    CustomUser.objects.create_user("mike", "mike@example.com", PASSWORD)

    for login in ("MİKE@example.com", "mi\u212ae@example.com"):
        assert anonymous.post("/api/token/", {"username": login, "password": PASSWORD}).status_code == 401


@pytest.mark.django_db
def test_database_refuses_the_same_address_twice():
    UserFactory(email=UNICODE)

    with pytest.raises(IntegrityError):
        UserFactory(email=ASCII)


@pytest.mark.django_db
def test_integrity_names_a_key_unlike_its_address(user):
    CustomUser.objects.filter(pk=user.pk).update(email="other@example.com")

    assert list(problems()) == [f"user {user.pk} is found by another address than their own"]


# --- Rows from before there were keys -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_migration_brings_old_rows_to_one_form():
    rows = {
        "first": {"email": ASCII, "is_verified": False},
        "second": {"email": UNICODE, "is_verified": True},
        "odd": {"email": "MİKE@example.com"},
        "plain": {"email": "Anna@Example.com", "pending_email": "b@XN--E1AFMKFD.xn--p1ai"},
    }
    for name, values in rows.items():
        user = UserFactory(username=name)
        CustomUser.objects.filter(pk=user.pk).update(**values, email_key="", pending_email_key="")

    import_module("users.migrations.0003_email_keys").give_keys(apps, None)

    found = {user.username: (user.email, user.pending_email) for user in CustomUser.objects.all()}
    assert found == {
        "first": ("", UNICODE),
        "second": (UNICODE, ""),
        "odd": ("MİKE@example.com", ""),
        "plain": ("Anna@example.com", "b@пример.рф"),
    }
    assert not list(problems())
    assert CustomUser.objects.with_login("MİKE@example.com").get().username == "odd"


# --- What links sign ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("tokens", [verification_tokens, reset_tokens])
def test_link_of_one_address_is_no_good_for_another(tokens):
    user = UserFactory(email="a@c.co", is_verified=True)
    user.pending_email = "mxx@b.example"
    token = tokens.make_token(user)

    user.email, user.pending_email = "a@c.com", "xx@b.example"

    assert not tokens.check_token(user, token)


@pytest.mark.django_db
def test_used_link_stays_used_when_the_address_comes_back(client, anonymous, user, mailoutbox):
    def move_to(address: str) -> dict:
        client.patch("/api/users/me/", {"email": address, "current_password": PASSWORD})
        email = next(email for email in reversed(mailoutbox) if email.to == [address])
        return re.search(r"uid=(?P<uid>\S+)&token=(?P<token>\S+)", email.body).groupdict()

    first = move_to("new@example.com")
    verify_email(**first)
    verify_email(**move_to("anna@example.com"))
    move_to("new@example.com")

    response = anonymous.post("/api/users/verify/", first)

    assert (response.status_code, response.json()["code"]) == (400, "link_not_valid")


@pytest.mark.django_db
def test_link_is_void_after_an_administrator_decided(anonymous, admin_client, mailoutbox):
    anonymous.post("/api/users/", {"username": "vera", "email": "vera@example.com", "password": PASSWORD})
    parts = re.search(r"uid=(?P<uid>\S+)&token=(?P<token>\S+)", mailoutbox[0].body).groupdict()
    vera = CustomUser.objects.get(username="vera")
    for is_verified in (True, False):
        admin_client.patch(f"/api/users/{vera.pk}/", {"is_verified": is_verified})

    assert anonymous.post("/api/users/verify/", parts).status_code == 400
