import re

import pytest

from users.exceptions import LinkNotValid
from users.links import verification_link
from users.models import CustomUser
from users.services.accounts import verify_email
from users.tests.factories import UserFactory

PASSWORD = "correct horse battery"


def register(client, **values):
    body = {"username": "vera", "email": "vera@example.com", "password": PASSWORD} | values
    return client.post("/api/users/", body)


@pytest.mark.django_db
def test_registration_answers_the_user_and_mails_a_verification(anonymous, mailoutbox):
    response = register(anonymous)

    assert response.status_code == 201
    user = CustomUser.objects.get(username="vera")
    expected = {"id": user.pk, "username": "vera", "email": "vera@example.com", "role": "user", "is_verified": False}
    assert response.json() == expected
    assert [mail.to for mail in mailoutbox] == [["vera@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_nobody_is_registered_when_the_email_cannot_be_queued(anonymous, settings):
    settings.EMAIL_BACKEND = "nowhere.EmailBackend"

    response = register(anonymous)

    assert response.status_code == 500
    assert not CustomUser.objects.exists()


@pytest.mark.django_db
def test_registration_stores_a_hash_of_the_exact_password(anonymous):
    register(anonymous, password="  correct horse battery ")

    assert CustomUser.objects.get(username="vera").check_password("  correct horse battery ")


@pytest.mark.django_db
def test_registration_writes_in_the_language_it_was_read_in(anonymous, mailoutbox):
    anonymous.post(
        "/api/users/",
        {"username": "vera", "email": "vera@example.com", "password": PASSWORD},
        HTTP_ACCEPT_LANGUAGE="ru",
    )

    assert CustomUser.objects.get(username="vera").language == "ru"
    assert "Здравствуйте" in mailoutbox[0].body


@pytest.mark.django_db
def test_registration_takes_a_first_name_and_a_language(anonymous, mailoutbox):
    response = register(anonymous, first_name="Вера", language="ru")

    user = CustomUser.objects.get()
    assert response.status_code == 201
    assert (user.first_name, user.language) == ("Вера", "ru")
    assert "Здравствуйте" in mailoutbox[0].body


@pytest.mark.django_db
def test_registration_ignores_fields_that_would_give_power(anonymous):
    power = {"role": "admin", "is_staff": True, "is_superuser": True, "is_verified": True, "is_active": False, "id": 1}

    response = register(anonymous, **power)

    user = CustomUser.objects.get(username="vera")
    assert response.status_code == 201
    assert (user.is_admin, user.is_staff, user.is_verified, user.is_active) == (False, False, False, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", ""),
        ("username", "ve@ra"),
        ("username", "ve＠ra"),
        ("username", "ve ra"),
        ("username", "ve\u202era"),
        ("username", "ve\u200bra"),
        ("username", "ve\u3164ra"),
        ("username", "ve\u115fra"),
        ("username", "ve\x00ra"),
        ("username", "vera\r\nBcc: all@example.com"),
        ("username", "v" * 151),
        ("username", "ﷺ" * 150),
        ("username", None),
        ("username", ["vera"]),
        ("email", "vera"),
        ("email", ""),
        ("email", "vera@example.com\r\nBcc: all@example.com"),
        ("email", "v" * 250 + "@example.com"),
        ("email", '"\x01"@example.com'),
        ("email", "vera@exam\u202eple.com"),
        ("email", "vera@exam\u200bple.com"),
        ("email", "vera@ｅxample.com"),
        ("email", "MİKE@example.com"),
        ("email", "mi\u212ae@example.com"),
        ("email", "=?utf-8?q?anna?=@example.com"),
        ("email", "анна@example.com"),
        ("email", "a%b@example.com"),
        ("email", "a..b@example.com"),
        ("email", "vera@\u212aoffee.example"),
        ("email", "vera@xn--zzzzzz.com"),
        ("email", "vera@I❤.ws"),
        ("email", "vera@" + "İ" * 60 + ".com"),
        ("email", "vera@" + ".".join(["İ" * 15] * 14) + ".com"),
        ("first_name", "Ve\u202era"),
        ("first_name", 5),
        ("language", "de"),
        ("password", "12345678"),
        ("password", "vera"),
        ("password", "p" * 129),
        ("password", "p" * 1_000_000),
    ],
)
def test_registration_names_the_field_when_its_value_is_wrong(anonymous, mailoutbox, field, value):
    response = register(anonymous, **{field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not CustomUser.objects.exists()
    assert not mailoutbox


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["VERA", "ｖｅｒａ", "Vera"])
def test_registration_refuses_a_name_resembling_an_existing_one(anonymous, username):
    register(anonymous)

    response = register(anonymous, username=username, email="other@example.com")

    assert response.status_code == 400
    assert list(response.json()) == ["username"]


@pytest.mark.django_db
def test_registration_refuses_an_address_that_differs_in_case_only(anonymous):
    register(anonymous)

    response = register(anonymous, username="other", email="VERA@Example.com")

    assert response.status_code == 400
    assert list(response.json()) == ["email"]


@pytest.mark.django_db
def test_registration_takes_an_address_in_any_alphabet(anonymous, mailoutbox):
    response = register(anonymous, email="vera@Пример.рф")

    assert (response.status_code, response.json()["email"]) == (201, "vera@пример.рф")
    assert mailoutbox[0].message()["To"] == "vera@xn--e1afmkfd.xn--p1ai"


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["verify", "verify/resend", "password/reset", "password/reset/confirm"])
def test_open_route_asked_with_the_wrong_method_is_405(anonymous, route):
    assert anonymous.get(f"/api/users/{route}/").status_code == 405


@pytest.mark.django_db
def test_registration_is_open_when_the_token_is_expired(anonymous):
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer expired")

    assert register(anonymous).status_code == 201


def link_parts(mail) -> dict:
    return re.search(r"\?uid=(?P<uid>[A-Za-z0-9_-]+)&token=(?P<token>[A-Za-z0-9_-]+)", mail.body).groupdict()


@pytest.mark.django_db
def test_verification_believes_the_address_once(anonymous, mailoutbox):
    UserFactory()
    register(anonymous)

    first = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))
    second = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    assert first.status_code == 200
    assert CustomUser.objects.get(username="vera").is_verified
    assert (second.status_code, second.json()["code"]) == (400, "link_not_valid")


@pytest.mark.django_db
def test_verification_survives_a_sign_in(anonymous, mailoutbox):
    register(anonymous)
    anonymous.post("/api/token/", {"username": "vera", "password": PASSWORD})

    response = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    assert response.status_code == 200


@pytest.mark.django_db
def test_verification_is_bound_to_its_mails_address(anonymous, mailoutbox):
    register(anonymous)
    CustomUser.objects.update(email="elsewhere@example.com")

    response = anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    assert response.status_code == 400
    assert not CustomUser.objects.get().is_verified


@pytest.mark.django_db
def test_verification_refuses_the_token_of_another_user(anonymous, mailoutbox):
    register(anonymous)
    register(anonymous, username="oleg", email="oleg@example.com")
    vera, oleg = map(link_parts, mailoutbox)

    response = anonymous.post("/api/users/verify/", {"uid": vera["uid"], "token": oleg["token"]})

    assert response.status_code == 400
    assert not CustomUser.objects.filter(is_verified=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("uid", ["", "MQ", "9" * 40, "_" * 10, "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", "é"])
def test_verification_refuses_whatever_else_stands_in_the_uid(anonymous, uid):
    response = anonymous.post("/api/users/verify/", {"uid": uid, "token": "abc-def"})

    assert response.status_code == 400


@pytest.mark.django_db
def test_verification_page_verifies_by_button_not_by_opening(anonymous, mailoutbox):
    register(anonymous)
    address = re.search(r"http\S+", mailoutbox[0].body)[0]

    opened = anonymous.get(address)
    was_verified_by_opening = CustomUser.objects.get().is_verified
    pressed = anonymous.post(address)

    assert (opened.status_code, was_verified_by_opening) == (200, False)
    assert pressed.status_code == 200
    assert CustomUser.objects.get().is_verified


@pytest.mark.django_db
def test_verification_moves_a_pending_address_into_force(user):
    user.pending_email = "new@example.com"
    user.save()
    parts = re.search(r"uid=(?P<uid>\S+)&token=(?P<token>\S+)", verification_link(user)).groupdict()

    verify_email(**parts)

    user.refresh_from_db()
    assert (user.email, user.pending_email) == ("new@example.com", "")


@pytest.mark.django_db
def test_blocked_user_confirms_no_address():
    user = UserFactory(is_verified=False)
    parts = re.search(r"uid=(?P<uid>\S+)&token=(?P<token>\S+)", verification_link(user)).groupdict()
    CustomUser.objects.update(is_active=False)

    with pytest.raises(LinkNotValid):
        verify_email(**parts)
