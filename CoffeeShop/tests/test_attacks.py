"""What somebody with a browser tries: ways in by the back office's door, false addresses, guesses."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from users.tests.factories import PASSWORD, AdminFactory

pytestmark = pytest.mark.django_db

LOGIN, TOKEN = "/admin/login/", "/admin/support/conversation/console/token/"

# --- The back office's door -----------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example", "https://evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "http:evil.example", "javascript:evil()", "\t//evil.example", "/\t/evil.example", " //evil.example",
    "http:///evil.example", "%2F%2Fevil.example", "https://testserver@evil.example/",
    "https://testserver.evil.example/", "data:text/html,evil", "//evil.example%2F..",
]  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("way", ["form", "address", "signed in", "signing out"])
def test_door_leads_nowhere_else(anonymous, admin_user, address, way):
    form = {"username": admin_user.username, "password": PASSWORD}
    if way.startswith("sign"):
        anonymous.force_login(admin_user)
    match way:
        case "form":
            response = anonymous.post(LOGIN, {**form, "next": address}, format="multipart")
        case "address":
            response = anonymous.post(f"{LOGIN}?next={address}", form, format="multipart")
        case "signed in":
            response = anonymous.get(LOGIN, {"next": address})
        case "signing out":
            response = anonymous.post("/admin/logout/", {"next": address}, format="multipart")

    assert response.status_code in {200, 302}
    assert is_ours(response.get("Location", ""))


def is_ours(location: str) -> bool:
    """As browsers read it, which take a backslash for a slash and no notice of tabs."""
    target = urlsplit(urljoin("http://testserver/admin/login/", re.sub(r"[\t\r\n]", "", location).replace("\\", "/")))
    return (target.scheme, target.netloc) == ("http", "testserver")


@pytest.mark.parametrize(
    "path", ["//evil.example/api/cart", "/%2Fevil.example/api/cart", "/\\evil.example", "//evil.example"]
)
def test_missing_slash_leads_nowhere_else(anonymous, path):
    assert is_ours(anonymous.generic("GET", path).get("Location", ""))


@pytest.mark.parametrize("is_https", [True, False])
def test_cookies_are_for_our_own_pages_and_no_script(anonymous, admin_user, settings, is_https):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = is_https
    anonymous.get(LOGIN)
    anonymous.post(LOGIN, {"username": admin_user.username, "password": PASSWORD}, format="multipart")

    session, csrf = anonymous.cookies["sessionid"], anonymous.cookies["csrftoken"]

    assert session["httponly"] is True
    assert session["samesite"] == csrf["samesite"] == "Lax"
    assert bool(session["secure"]) is bool(csrf["secure"]) is is_https
    assert session["domain"] == csrf["domain"] == ""


def test_api_sets_no_cookies_and_takes_none(anonymous, admin_user):
    answer = anonymous.post("/api/token/", {"username": admin_user.username, "password": PASSWORD})
    anonymous.force_login(admin_user)

    assert answer.status_code == 200
    assert not answer.cookies
    assert anonymous.cookies["sessionid"]
    assert anonymous.get("/api/users/me/").status_code == 401


def test_session_chosen_by_somebody_else_is_not_signed_in(anonymous, admin_user):
    chosen = Client().session
    chosen["bait"] = 1
    chosen.save()
    anonymous.cookies["sessionid"] = chosen.session_key

    anonymous.post(LOGIN, {"username": admin_user.username, "password": PASSWORD}, format="multipart")

    thief = Client()
    thief.cookies["sessionid"] = chosen.session_key
    assert anonymous.cookies["sessionid"].value != chosen.session_key
    assert anonymous.get("/admin/").status_code == 200
    assert thief.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", [TOKEN, "/admin/products/category/add/", "/admin/users/customuser/", LOGIN])
def test_strange_page_can_send_nothing_to_the_back_office(admin_user, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)

    answers = [browser.post(path, {}, headers=headers) for headers in ({}, {"Origin": "https://evil.example"})]

    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example", "null"])
def test_strange_page_cannot_read_the_consoles_token(admin_user, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    browser = Client()
    browser.force_login(admin_user)

    answer = browser.get(TOKEN, headers={"Origin": origin})

    assert answer.status_code == 200
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer.get("Access-Control-Allow-Origin") in {None, "https://app.example"}


# --- False addresses, and guesses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "Origin", "Referer"])
def test_email_links_lead_to_us_whatever_the_request_says(anonymous, user, mailoutbox, settings, header):
    settings.ALLOWED_HOSTS, settings.SITE_URL = ["*"], "https://shop.example"
    false = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    registration = {"username": "vera", "email": "vera@example.com", "password": "another horse 7"}

    anonymous.post("/api/users/password/reset/", {"email": user.email}, headers=false)
    anonymous.post("/api/users/", registration, headers=false)

    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        links = re.findall(r"https?://[^\s\"<]+", mail.body + mail.alternatives[0][0])
        assert {urlsplit(link).netloc for link in links} == {"shop.example"}


class CountingHasher(MD5PasswordHasher):
    count = 0

    def encode(self, *args) -> str:
        CountingHasher.count += 1
        return super().encode(*args)


@pytest.mark.parametrize("door", ["/api/token/", LOGIN])
def test_unknown_name_costs_as_many_hashes_as_wrong_password(anonymous, settings, door):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    AdminFactory(username="known")
    AdminFactory(username="blocked", is_active=False)
    guesses = [
        ("known", "wrong"),
        ("nobody", "wrong"),
        ("blocked", "wrong"),
        ("blocked", PASSWORD),
        ("known", PASSWORD),
    ]
    costs = {}

    for guess in guesses:
        before = CountingHasher.count
        kind = "json" if door.startswith("/api/") else "multipart"
        anonymous.post(door, dict(zip(("username", "password"), guess, strict=True)), format=kind)
        costs[guess] = CountingHasher.count - before

    assert costs == dict.fromkeys(guesses, 1)
