import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mailer.models import Message as Queued

from users.models import CustomUser
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "another fine password"


def sign_in(client, password, username="anna"):
    return client.post("/api/token/", {"username": username, "password": password}).status_code


def link_parts(mail) -> dict:
    return re.search(r"\?uid=(?P<uid>[A-Za-z0-9_-]+)&token=(?P<token>[A-Za-z0-9_-]+)", mail.body).groupdict()


def test_password_change_gives_a_pair_and_ends_other_sessions(client, anonymous, user, mailoutbox):
    other = anonymous.post("/api/token/", {"username": "anna", "password": PASSWORD}).json()

    response = client.post("/api/users/password/change/", {"current_password": PASSWORD, "new_password": NEW})

    assert response.status_code == 200
    assert client.get("/api/users/me/").status_code == 401
    assert anonymous.post("/api/token/refresh/", {"refresh": other["refresh"]}).status_code == 401
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert client.get("/api/users/me/").status_code == 200
    assert (sign_in(anonymous, PASSWORD), sign_in(anonymous, NEW)) == (401, 200)
    assert [mail.to for mail in mailoutbox] == [[user.email]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current_password": "wrong", "new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "anna"}, "new_password"),
        ({"current_password": PASSWORD}, "new_password"),
        ({"new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "x" * 1_000_000}, "new_password"),
    ],
)
def test_wrong_password_change_names_the_field_and_changes_nothing(client, user, body, field):
    response = client.post("/api/users/password/change/", body)

    assert response.status_code == 400
    assert list(response.json()) == [field]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.session_epoch == 0


def test_reset_email_leads_to_a_new_password_once(client, anonymous, user, mailoutbox):
    asked = anonymous.post("/api/users/password/reset/", {"email": "ANNA@example.com"})
    parts = link_parts(mailoutbox[0])

    done = anonymous.post("/api/users/password/reset/confirm/", {**parts, "new_password": NEW})
    again = anonymous.post("/api/users/password/reset/confirm/", {**parts, "new_password": PASSWORD})

    assert (asked.status_code, done.status_code) == (202, 200)
    assert (again.status_code, again.json()["code"]) == (400, "link_not_valid")
    assert client.get("/api/users/me/").status_code == 401
    assert sign_in(anonymous, NEW) == 200


def test_reset_verifies_the_address_whose_email_was_read(anonymous, mailoutbox):
    user = UserFactory(is_verified=False)
    anonymous.post("/api/users/password/reset/", {"email": user.email})

    anonymous.post("/api/users/password/reset/confirm/", {**link_parts(mailoutbox[0]), "new_password": NEW})

    user.refresh_from_db()
    assert user.is_verified


def test_reset_answers_the_same_for_an_address_nobody_has(anonymous, user, mailoutbox):
    UserFactory(username="blocked", is_active=False)
    addresses = ["anna@example.com", "nobody@example.com", "blocked@example.com"]

    answers = [anonymous.post("/api/users/password/reset/", {"email": address}) for address in addresses]

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"{}")}
    assert [mail.to for mail in mailoutbox] == [["anna@example.com"]]


def test_reset_leaves_a_meanwhile_blocked_user_unchanged(anonymous, user, mailoutbox):
    anonymous.post("/api/users/password/reset/", {"email": user.email})
    CustomUser.objects.update(is_active=False)

    response = anonymous.post("/api/users/password/reset/confirm/", {**link_parts(mailoutbox[0]), "new_password": NEW})

    user.refresh_from_db()
    assert response.json()["code"] == "link_not_valid"
    assert user.check_password(PASSWORD)


def test_reset_token_dies_with_a_sign_in(anonymous, user, mailoutbox):
    anonymous.post("/api/users/password/reset/", {"email": user.email})
    sign_in(anonymous, PASSWORD)

    response = anonymous.post("/api/users/password/reset/confirm/", {**link_parts(mailoutbox[0]), "new_password": NEW})

    assert response.json()["code"] == "link_not_valid"


def test_reset_link_stays_good_when_the_password_is_weak(anonymous, user, mailoutbox):
    anonymous.post("/api/users/password/reset/", {"email": user.email})
    parts = link_parts(mailoutbox[0])

    weak = anonymous.post("/api/users/password/reset/confirm/", {**parts, "new_password": "12345678"})
    strong = anonymous.post("/api/users/password/reset/confirm/", {**parts, "new_password": NEW})

    assert (weak.status_code, list(weak.json())) == (400, ["new_password"])
    assert strong.status_code == 200


def test_reset_page_sets_the_password_by_its_form(anonymous, user, mailoutbox):
    anonymous.post("/api/users/password/reset/", {"email": user.email})
    page = re.search(r"http\S+", mailoutbox[0].body)[0]

    opened = anonymous.get(page)
    weak = anonymous.post(page, {"new_password": "1"}, format="multipart")
    done = anonymous.post(page, {"new_password": NEW}, format="multipart")

    assert [opened.status_code, weak.status_code, done.status_code] == [200, 400, 200]
    assert sign_in(anonymous, NEW) == 200


@pytest.mark.parametrize(("setting", "route"), [("RESET_URL", "password/reset"), ("VERIFY_URL", "verify/resend")])
def test_emails_lead_to_the_front_end_when_set(anonymous, mailoutbox, settings, setting, route):
    setattr(settings, setting, "https://app.example/here")
    user = UserFactory(is_verified=False)

    anonymous.post(f"/api/users/{route}/", {"email": user.email})

    assert "https://app.example/here?uid=" in mailoutbox[0].body


def test_emails_have_one_link_in_text_and_html(anonymous, user, mailoutbox):
    anonymous.post("/api/users/password/reset/", {"email": user.email})

    html, kind = mailoutbox[0].alternatives[0]
    assert kind == "text/html"
    assert link_parts(mailoutbox[0])["token"] in html


@pytest.mark.parametrize("route", ["verify/resend", "password/reset"])
def test_fourth_email_within_an_hour_is_silently_not_sent(anonymous, mailoutbox, route):
    user = UserFactory(is_verified=False)

    answers = [anonymous.post(f"/api/users/{route}/", {"email": user.email}).status_code for _ in range(4)]

    assert answers == [202] * 4
    assert len(mailoutbox) == 3


def test_resend_writes_to_the_unverified_only(anonymous, user, mailoutbox):
    waiting = UserFactory(is_verified=False)

    for address in [user.email, waiting.email, "nobody@example.com"]:
        assert anonymous.post("/api/users/verify/resend/", {"email": address}).status_code == 202

    assert [mail.to for mail in mailoutbox] == [[waiting.email]]


def test_resend_writes_only_to_the_requested_address(anonymous, mailoutbox):
    UserFactory(pending_email="new@example.com")

    for address in ("nobody@example.com", "NEW@example.com"):
        anonymous.post("/api/users/verify/resend/", {"email": address})

    assert [mail.to for mail in mailoutbox] == [["new@example.com"]]


def test_resend_writes_about_the_account_that_has_the_address(anonymous, mailoutbox):
    UserFactory(username="oleg", pending_email="both@example.com")
    UserFactory(username="vera", email="both@example.com", is_verified=False)

    anonymous.post("/api/users/verify/resend/", {"email": "both@example.com"})
    anonymous.post("/api/users/verify/", link_parts(mailoutbox[0]))

    assert [("vera" in email.body, "oleg" in email.body) for email in mailoutbox] == [(True, False)]
    assert CustomUser.objects.get(username="vera").is_verified


def test_resend_writes_to_nobody_who_claims_a_verified_address(anonymous, user, mailoutbox):
    UserFactory(username="oleg", pending_email=user.email)

    anonymous.post("/api/users/verify/resend/", {"email": user.email})

    assert not mailoutbox


def test_resend_writes_to_all_who_claim_a_free_address(anonymous, mailoutbox):
    for username in ("oleg", "vera"):
        UserFactory(username=username, pending_email="new@example.com")

    anonymous.post("/api/users/verify/resend/", {"email": "new@example.com"})

    assert [email.to for email in mailoutbox] == [["new@example.com"]] * 2


def test_recipient_counts_over_all_accounts_and_kinds(anonymous, mailoutbox):
    for username in ("oleg", "vera"):
        UserFactory(username=username, pending_email="new@example.com")

    anonymous.post("/api/users/verify/resend/", {"email": "new@example.com"})
    UserFactory(email="new@example.com", is_verified=False)
    for route in ("verify/resend", "password/reset"):
        assert anonymous.post(f"/api/users/{route}/", {"email": "NEW@example.com"}).status_code == 202

    assert len(mailoutbox) == 3


def statements_of(client, route: str, address: str) -> list[str]:
    """How they begin, in order."""
    with CaptureQueriesContext(connection) as queries:
        client.post(f"/api/users/{route}/", {"email": address})
    return [" ".join(query["sql"].split()[:2]) for query in queries]


@pytest.mark.parametrize("route", ["verify/resend", "password/reset"])
def test_known_and_unknown_address_cost_the_same_queries(anonymous, settings, route):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    UserFactory(username="known", is_verified=False)

    known, unknown = [statements_of(anonymous, route, f"{name}@example.com") for name in ("known", "unknown")]

    assert Queued.objects.count() == 1
    assert known.count("INSERT INTO") == unknown.count("INSERT INTO") == 1
    assert known.count('SELECT "users_customuser"."id",') == unknown.count('SELECT "users_customuser"."id",')
