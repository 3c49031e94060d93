import re
from urllib.parse import urlencode

import pytest

from users.models import CustomUser
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def link_parts(mail) -> dict:
    return re.search(r"\?uid=(?P<uid>[A-Za-z0-9_-]+)&token=(?P<token>[A-Za-z0-9_-]+)", mail.body).groupdict()


def test_profile_shows_what_the_contract_names(client, user):
    profile = client.get("/api/users/me/").json()

    assert set(profile) == {
        "id", "username", "email", "pending_email", "first_name", "last_name",
        "language", "role", "is_verified", "is_guest", "date_joined",
    }  # fmt: skip


def test_profile_changes_names_and_language(client, user):
    response = client.patch("/api/users/me/", {"first_name": "Анна", "last_name": "К.", "language": "ru"})

    user.refresh_from_db()
    assert response.status_code == 200
    assert (user.first_name, user.last_name, user.language) == ("Анна", "К.", "ru")


def test_profile_ignores_fields_that_would_give_power(client, user):
    power = {"role": "admin", "is_staff": True, "is_superuser": True, "is_verified": False, "is_active": False, "id": 7}

    response = client.patch("/api/users/me/", power)

    user.refresh_from_db()
    assert response.status_code == 200
    assert (user.is_admin, user.is_staff, user.is_verified, user.is_active) == (False, False, True, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "de"),
        ("language", None),
        ("first_name", "Anna\r\nBcc: all@example.com"),
        ("first_name", "An\u202ena"),
        ("first_name", "An\u2028na"),
        ("first_name", "An\u0378na"),  # means nothing yet
        ("first_name", "An\ue000na"),  # means what a font likes
        ("first_name", "x" * 151),
        ("email", "anna"),
        ("email", ""),
    ],
)
def test_profile_names_the_field_when_its_value_is_wrong(client, user, field, value):
    response = client.patch("/api/users/me/", {field: value, "current_password": PASSWORD})

    assert response.status_code == 400
    assert list(response.json()) == [field]


def test_new_address_waits_for_confirmation_and_warns_the_old(client, anonymous, user, mailoutbox):
    response = client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})

    assert (response.json()["email"], response.json()["pending_email"]) == ("anna@example.com", "new@example.com")
    assert [mail.to for mail in mailoutbox] == [["new@example.com"], ["anna@example.com"]]

    parts = link_parts(mailoutbox[0])
    confirmed = anonymous.post("/api/users/verify/", parts)
    again = anonymous.post("/api/users/verify/", parts)

    user.refresh_from_db()
    assert (confirmed.status_code, again.status_code) == (200, 400)
    assert (user.email, user.pending_email) == ("new@example.com", "")


def test_new_address_needs_the_password(client, user, mailoutbox):
    without = client.patch("/api/users/me/", {"email": "new@example.com"})
    wrong = client.patch("/api/users/me/", {"email": "new@example.com", "current_password": "wrong"})

    assert [list(answer.json()) for answer in (without, wrong)] == [["current_password"]] * 2
    assert not mailoutbox


def test_same_new_address_again_is_no_second_email(client, user, mailoutbox):
    for _ in range(2):
        response = client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})

    assert response.status_code == 200
    assert len(mailoutbox) == 2


def test_current_address_takes_back_a_change_for_good(client, anonymous, user, mailoutbox):
    client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})

    taken_back = client.patch("/api/users/me/", {"email": "anna@example.com"})
    followed = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    assert (taken_back.status_code, taken_back.json()["pending_email"]) == (200, "")
    assert followed.status_code == 400


def test_new_address_of_somebody_else_is_refused(client, user):
    UserFactory(username="vera")

    response = client.patch("/api/users/me/", {"email": "VERA@example.com", "current_password": PASSWORD})

    assert (response.status_code, list(response.json())) == (400, ["email"])


def test_new_address_that_was_taken_meanwhile_is_a_conflict(client, anonymous, user, mailoutbox):
    client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})
    UserFactory(username="faster", email="new@example.com")

    response = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    user.refresh_from_db()
    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert user.email == "anna@example.com"


def test_page_says_when_the_new_address_was_taken(client, anonymous, mailoutbox):
    client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})
    UserFactory(username="faster", email="new@example.com")

    page = anonymous.post("/account/verify/?" + urlencode(link_parts(mailoutbox[0])), format="multipart")

    assert page.status_code == 409
    assert "already exists" in page.content.decode()


def test_new_address_in_other_letters_leaves_its_email_good(client, anonymous, user, mailoutbox):
    client.patch("/api/users/me/", {"email": "new@example.com", "current_password": PASSWORD})
    client.patch("/api/users/me/", {"email": "New@example.com", "current_password": PASSWORD})

    response = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    user.refresh_from_db()
    assert (response.status_code, user.email) == (200, "new@example.com")


@pytest.mark.parametrize("by_email", [True, False])
def test_new_password_takes_back_an_address_that_waits(client, anonymous, user, mailoutbox, by_email):
    client.patch("/api/users/me/", {"email": "thief@example.com", "current_password": PASSWORD})

    if by_email:
        anonymous.post("/api/users/password/reset/", {"email": user.email})
        body = {**link_parts(mailoutbox[-1]), "new_password": "another fine password"}
        anonymous.post("/api/users/password/reset/confirm/", body)
    else:
        body = {"current_password": PASSWORD, "new_password": "another fine password"}
        client.post("/api/users/password/change/", body)
    emails = len(mailoutbox)
    anonymous.post("/api/users/verify/resend/", {"email": "thief@example.com"})
    followed = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    user.refresh_from_db()
    assert followed.json()["code"] == "link_not_valid"
    assert (user.email, user.pending_email, len(mailoutbox)) == ("anna@example.com", "", emails)


def test_closing_deletes_an_account_that_left_nothing(client, user):
    wrong = client.delete("/api/users/me/", {"password": "wrong"})
    right = client.delete("/api/users/me/", {"password": PASSWORD})

    assert (wrong.status_code, list(wrong.json())) == (400, ["password"])
    assert right.status_code == 204
    assert not CustomUser.objects.exists()
    assert client.get("/api/users/me/").status_code == 401
