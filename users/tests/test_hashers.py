import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rest.exceptions import Unavailable
from users import hashers
from users.models import CustomUser

FORM = "application/x-www-form-urlencoded"
ARGON2 = ["users.hashers.BoundedArgon2PasswordHasher"]


@pytest.fixture
def one_at_a_time(monkeypatch, settings):
    settings.PASSWORD_HASHERS = ARGON2
    settings.PASSWORD_HASH_WAIT_SECONDS = 0.2
    monkeypatch.setattr(hashers, "running", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashers, "running_or_waiting", threading.BoundedSemaphore(2))


def test_hashes_run_a_few_at_a_time(one_at_a_time, monkeypatch, settings):
    settings.PASSWORD_HASH_WAIT_SECONDS = 30
    monkeypatch.setattr(hashers, "running_or_waiting", threading.BoundedSemaphore(8))
    busy, most = [], []

    def counting(self, password, salt):
        busy.append(1)
        most.append(len(busy))
        threading.Event().wait(0.01)
        busy.pop()
        return "hash"

    monkeypatch.setattr(hashers.hashers.Argon2PasswordHasher, "encode", counting)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: hashers.BoundedArgon2PasswordHasher().encode("x", "salt1234"), range(8)))

    assert done == ["hash"] * 8
    assert max(most) == 1


def test_waiting_for_a_turn_ends_after_a_while(one_at_a_time):
    with hashers.turn(), pytest.raises(Unavailable), hashers.turn():
        pass

    with hashers.turn():  # nothing is left taken
        pass


def test_too_many_are_turned_away_at_once(one_at_a_time, settings):
    settings.PASSWORD_HASH_WAIT_SECONDS = 30
    hashers.running_or_waiting.acquire()
    hashers.running_or_waiting.acquire()

    with pytest.raises(Unavailable), hashers.turn():
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["anna", "nobody"])
def test_login_is_503_while_too_many_sign_in(one_at_a_time, anonymous, user, login):
    user.set_password("strong coffee 7")
    user.save()

    with hashers.turn():
        api = anonymous.post("/api/token/", {"username": login, "password": "strong coffee 7"})
        page = anonymous.post("/admin/login/", f"username={login}&password=x", content_type=FORM)

    assert (api.status_code, api.json()["code"], api["Retry-After"]) == (503, "unavailable", "1")
    assert (page.status_code, page["Retry-After"]) == (503, "1")


@pytest.mark.django_db
def test_hash_is_argon2_as_ever(settings):
    settings.PASSWORD_HASHERS = ARGON2
    user = CustomUser()

    user.set_password("strong coffee 7")

    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password("strong coffee 7")
