from contextlib import ExitStack

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import Throttled

from users import hashers, limits
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client, password="wrong", username="anna", **extra):
    return client.post("/api/token/", {"username": username, "password": password}, **extra)


def test_sixth_failure_is_429_even_for_the_right_password(anonymous, user):
    failures = [sign_in(anonymous).status_code for _ in range(5)]

    refused = sign_in(anonymous, PASSWORD)

    assert failures == [401] * 5
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 300
    assert refused.json()["retry_after"] == int(refused["Retry-After"])


def test_failures_count_for_the_account_however_it_is_called(anonymous, user):
    for name in ["anna", "ANNA", "ａｎｎａ", "anna@example.com", "Anna@Example.com"]:
        sign_in(anonymous, username=name)

    assert sign_in(anonymous).status_code == 429


def test_failures_of_an_unknown_account_count_too(anonymous):
    statuses = [sign_in(anonymous, username="nobody").status_code for _ in range(6)]

    assert statuses == [401] * 5 + [429]


def test_failures_from_one_address_do_not_lock_out_another(anonymous, user):
    for _ in range(6):
        sign_in(anonymous, REMOTE_ADDR="192.0.2.1")

    assert sign_in(anonymous, PASSWORD, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_failures_of_others_do_not_reset_the_count(anonymous, user):
    for _ in range(5):
        sign_in(anonymous)

    for number in range(1000):
        limits.count(limits.FAILED_LOGINS, number, "192.0.2.1")

    assert sign_in(anonymous, PASSWORD).status_code == 429


def test_successes_do_not_count(anonymous, user):
    statuses = [sign_in(anonymous, PASSWORD).status_code for _ in range(8)]

    assert statuses == [200] * 8


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("post", "/api/users/password/change/", {"current_password": "wrong", "new_password": "another fine password"}),
        ("patch", "/api/users/me/", {"email": "new@example.com", "current_password": "wrong"}),
        ("delete", "/api/users/me/", {"password": "wrong"}),
    ],
)
def test_failures_count_wherever_the_current_password_is_asked_for(client, anonymous, user, method, url, body):
    statuses = [getattr(client, method)(url, body).status_code for _ in range(6)]

    assert statuses == [400] * 5 + [429]
    assert sign_in(anonymous, PASSWORD).status_code == 429


def test_failures_count_at_the_admin_login_too(anonymous, admin_user):
    form = {"username": admin_user.username, "password": "wrong", "next": "/admin/"}
    pages = [anonymous.post("/admin/login/", form, format="multipart") for _ in range(6)]

    assert [page.status_code for page in pages] == [200] * 5 + [429]
    assert int(pages[-1]["Retry-After"]) > 0
    assert sign_in(anonymous, PASSWORD, admin_user.username).status_code == 429


def test_admin_login_opens_for_administrators_only(anonymous, user, admin_user):
    statuses = {}
    for username in ("anna", admin_user.username):
        form = {"username": username, "password": PASSWORD, "next": "/admin/"}
        statuses[username] = anonymous.post("/admin/login/", form, format="multipart").status_code

    assert statuses == {"anna": 200, admin_user.username: 302}


def test_registrations_from_one_address_end_at_thirty(anonymous, settings):
    def register(number):
        body = {"username": f"u{number}", "email": f"u{number}@example.com", "password": "correct horse battery"}
        return anonymous.post("/api/users/", body)

    statuses = [register(number).status_code for number in range(30)]
    refused = register(30)

    assert statuses == [201] * 30
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "203.0.113.9, ", "203.0.113.9"),
    ],
)
def test_client_address_believes_our_own_proxies_only(settings, proxies, forwarded, address):
    settings.NUM_PROXIES = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}

    assert limits.client_address(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", **headers)) == address


def test_sign_in_goes_on_when_the_cache_is_down(anonymous, settings, unused_tcp_port):
    UserFactory(username="vera")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{unused_tcp_port}",
        }
    }

    assert sign_in(anonymous, PASSWORD, "vera").status_code == 200
    assert sign_in(anonymous, "wrong", "vera").status_code == 401


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7:40001", "203.0.113.7"),
        ('"203.0.113.7:40001"', "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff::2", "2001:db8::/64"),
        ("[2001:db8::3]:4000", "2001:db8::/64"),
        ("2001:db8::1%eth0", "2001:db8::/64"),
        ("unknown", "192.0.2.1"),
        ("203.0.113.7:x", "192.0.2.1"),
        ("1" * 5000, "192.0.2.1"),
    ],
)
def test_one_client_has_one_address(settings, forwarded, address):
    settings.NUM_PROXIES = 1
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)

    assert limits.client_address(request) == address


@pytest.mark.parametrize(
    "addresses",
    [
        [f"203.0.113.7:{40000 + number}" for number in range(6)],
        [f"2001:db8::{number:x}" for number in range(1, 7)],
        ["2001:db8::1", "2001:0db8::1", "2001:db8:0::1", "2001:DB8::0001", "[2001:db8::1]:1", "2001:db8:0:0::1"],
    ],
)
def test_failures_of_one_client_count_however_it_is_written(anonymous, user, settings, addresses):
    settings.NUM_PROXIES = 1

    statuses = [sign_in(anonymous, HTTP_X_FORWARDED_FOR=address).status_code for address in addresses]

    assert statuses == [401] * 5 + [429]


def test_failures_from_one_address_count_over_all_names(anonymous, user):
    statuses = [sign_in(anonymous, username=f"nobody{number}").status_code for number in range(30)]

    refused = sign_in(anonymous, PASSWORD)
    elsewhere = sign_in(anonymous, PASSWORD, REMOTE_ADDR="192.0.2.2")

    assert statuses == [401] * 30
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert elsewhere.status_code == 200


def test_registrations_that_fail_count_before_they_tell_who_exists(anonymous, user):
    statuses = [anonymous.post("/api/users/", {"email": user.email}).status_code for _ in range(31)]

    assert statuses == [400] * 30 + [429]


def test_changes_of_address_count_before_they_tell_who_exists(client):
    other = UserFactory(username="vera")

    statuses = [client.patch("/api/users/me/", {"email": other.email}).status_code for _ in range(31)]
    own = client.patch("/api/users/me/", {"email": "anna@example.com", "first_name": "Anna"})

    assert statuses == [400] * 30 + [429]
    assert own.status_code == 200


def test_client_holds_only_its_share_of_the_hashing():
    with ExitStack() as held:
        for _ in range(hashers.MOST_OF_ONE_CLIENT):
            held.enter_context(hashers.share_of("192.0.2.1"))
        with pytest.raises(Throttled):
            held.enter_context(hashers.share_of("192.0.2.1"))
        with hashers.share_of("192.0.2.2"):
            pass

    assert not hashers.held
    assert hashers.running_or_waiting._initial_value > hashers.MOST_OF_ONE_CLIENT
