from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from users import tokens
from users.models import CustomUser, TokenFamily
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def sign_in(client, username="anna", password=PASSWORD):
    return client.post("/api/token/", {"username": username, "password": password})


def refresh(client, token: str, **headers):
    return client.post("/api/token/refresh/", {"refresh": token}, **headers)


def claims_of(token: str) -> dict:
    return jwt.decode(token, options={"verify_signature": False})


def age_rotations(seconds: int) -> None:
    for family in TokenFamily.objects.all():
        family.rotated_at -= timedelta(seconds=seconds)
        family.save()


@pytest.mark.parametrize("username", ["anna", "ANNA", "ａｎｎａ", "anna@example.com", "Anna@EXAMPLE.com"])
def test_sign_in_gives_pairs_for_username_or_address(anonymous, user, username):
    response = sign_in(anonymous, username)

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}


def test_access_token_opens_the_callers_own_profile(anonymous, user):
    access = sign_in(anonymous).json()["access"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    response = anonymous.get("/api/users/me/")

    assert response.status_code == 200
    assert response.json()["username"] == "anna"


def test_sign_in_answers_every_failure_the_same(anonymous, user):
    UserFactory(username="blocked", is_active=False)

    answers = [sign_in(anonymous, "anna", "wrong"), sign_in(anonymous, "nobody"), sign_in(anonymous, "blocked")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "no_active_account"


@pytest.mark.parametrize(
    "body", [{}, {"username": "anna"}, {"username": None, "password": "x"}, {"username": {}, "password": []}, [], "x"]
)
def test_sign_in_names_what_is_missing(anonymous, user, body):
    response = anonymous.post("/api/token/", body)

    assert response.status_code == 400


def test_refresh_rotates_and_uses_up_the_old_token(anonymous, user):
    first = sign_in(anonymous).json()["refresh"]

    second = refresh(anonymous, first)
    again = refresh(anonymous, first)

    assert second.status_code == 200
    assert second.json()["refresh"] != first
    assert (again.status_code, again.json()["code"]) == (401, "token_rotated")
    assert refresh(anonymous, second.json()["refresh"]).status_code == 200


def test_late_reuse_is_theft_and_ends_the_family(anonymous, user):
    first = sign_in(anonymous).json()["refresh"]
    second = refresh(anonymous, first).json()["refresh"]
    age_rotations(seconds=11)

    stolen = refresh(anonymous, first)
    after = refresh(anonymous, second)

    assert (stolen.status_code, stolen.json()["code"]) == (401, "token_reused")
    assert (after.status_code, after.json()["code"]) == (401, "token_not_valid")


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "k"}])
def test_token_of_two_generations_ago_is_always_theft(anonymous, user, headers):
    first = sign_in(anonymous).json()["refresh"]
    second = refresh(anonymous, first, **headers).json()["refresh"]
    third = refresh(anonymous, second, **headers).json()["refresh"]

    stolen = refresh(anonymous, first, **headers)

    assert (stolen.status_code, stolen.json()["code"]) == (401, "token_reused")
    assert refresh(anonymous, third).json()["code"] == "token_not_valid"


def test_refresh_gives_the_same_pair_by_its_key(anonymous, user):
    first = sign_in(anonymous).json()["refresh"]
    pair = refresh(anonymous, first, HTTP_IDEMPOTENCY_KEY="k")
    age_rotations(seconds=30)

    repeated = refresh(anonymous, first, HTTP_IDEMPOTENCY_KEY="k")
    other_key = refresh(anonymous, pair.json()["refresh"], HTTP_IDEMPOTENCY_KEY="l")

    assert repeated.status_code == 200
    assert repeated.json()["refresh"] != first
    issued_at = {claims_of(token)["iat"] for token in repeated.json().values()}
    assert issued_at == {claims_of(pair.json()["access"])["iat"] - 30}
    assert other_key.status_code == 200


def test_refresh_repeats_the_pair_to_the_letter(anonymous, user):
    first = sign_in(anonymous).json()["refresh"]

    pairs = [refresh(anonymous, first, HTTP_IDEMPOTENCY_KEY="k").json() for _ in range(2)]

    assert pairs[0] == pairs[1]


def test_refresh_does_not_repeat_the_pair_after_a_minute(anonymous, user):
    first = sign_in(anonymous).json()["refresh"]
    refresh(anonymous, first, HTTP_IDEMPOTENCY_KEY="k")
    age_rotations(seconds=61)

    assert refresh(anonymous, first, HTTP_IDEMPOTENCY_KEY="k").json()["code"] == "token_reused"


def test_log_out_everywhere_is_ones_own(anonymous, user):
    stranger = tokens.start_family(UserFactory())

    tokens.end_all_sessions(user)

    assert refresh(anonymous, stranger["refresh"]).status_code == 200


@pytest.mark.parametrize("change", ["delete", "block", "everywhere"])
def test_tokens_end_when_the_account_changes(anonymous, user, change):
    pair = sign_in(anonymous).json()
    match change:
        case "delete":
            CustomUser.objects.filter(pk=user.pk).delete()
        case "block":
            CustomUser.objects.filter(pk=user.pk).update(is_active=False)
        case "everywhere":
            tokens.end_all_sessions(user)

    refreshed = refresh(anonymous, pair["refresh"])
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    used = anonymous.get("/api/users/me/")

    assert (refreshed.status_code, refreshed.json()["code"]) == (401, "token_not_valid")
    assert (used.status_code, used.json()["code"]) == (401, "token_not_valid")


def test_blacklist_logs_out(anonymous, user):
    pair = sign_in(anonymous).json()

    answers = [anonymous.post("/api/token/blacklist/", {"refresh": pair["refresh"]}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert refresh(anonymous, pair["refresh"]).status_code == 401


def test_verify_tells_good_tokens_from_others(anonymous, user):
    pair = sign_in(anonymous).json()
    used_up = pair["refresh"]
    latest = refresh(anonymous, used_up).json()["refresh"]

    statuses = [
        anonymous.post("/api/token/verify/", {"token": token}).status_code
        for token in [pair["access"], latest, used_up, "x", "a.b.c"]
    ]

    assert statuses == [200, 200, 401, 401, 401]


def forged(user, **claims) -> str:
    now = timezone.now()
    payload = {
        "token_type": "access",
        "jti": "a" * 32,
        "iat": now,
        "exp": now + timedelta(minutes=5),
        "user_id": str(user.pk),
        "epoch": user.session_epoch,
    }
    return jwt.encode(payload | claims, settings.SECRET_KEY, "HS256")


def test_forged_token_is_good_when_nothing_is_changed(anonymous, user):
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {forged(user)}")

    assert anonymous.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize(
    ("claim", "seconds", "status"), [("iat", 45, 200), ("iat", 75, 401), ("exp", 15, 200), ("exp", -1, 401)]
)
def test_token_ends_when_it_says_despite_clock_skew(anonymous, user, claim, seconds, status):
    token = forged(user, **{claim: timezone.now() + timedelta(seconds=seconds)})
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    assert anonymous.get("/api/users/me/").status_code == status


@pytest.mark.parametrize(
    "claims",
    [
        {"token_type": "refresh"},
        {"user_id": None},
        {"user_id": "1e3"},
        {"user_id": "٣"},
        {"user_id": "9" * 30},
        {"user_id": ["1"]},
        {"user_id": 1.5},
        {"epoch": 1},
        {"epoch": None},
        {"epoch": True},
        {"epoch": "0"},
        {"exp": 1},
        {"exp": 10**30},
        {"exp": "soon"},
    ],
)
def test_token_is_refused_when_its_claims_are_not_ours(anonymous, user, claims):
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {forged(user, **claims)}")

    response = anonymous.get("/api/users/me/")

    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer x", "Bearer \xff", "Basic YTpi", "bearer x", ""])
def test_authorization_header_of_any_other_shape_is_401(anonymous, user, header):
    anonymous.credentials(HTTP_AUTHORIZATION=header)

    response = anonymous.get("/api/users/me/")

    assert response.status_code == 401
    assert set(response.json()) == {"detail", "code"}


def test_unsigned_token_is_refused(anonymous, user):
    unsigned = jwt.encode({"token_type": "access", "user_id": str(user.pk), "epoch": 0, "jti": "a"}, None, "none")
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {unsigned}")

    assert anonymous.get("/api/users/me/").status_code == 401


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_refresh_refuses_a_key_of_impossible_length(anonymous, user, key):
    token = sign_in(anonymous).json()["refresh"]

    response = refresh(anonymous, token, HTTP_IDEMPOTENCY_KEY=key)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_not_valid")
