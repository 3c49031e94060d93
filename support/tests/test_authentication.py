import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken

from realtime.threads import in_database
from support.tests.sockets import PATH, TIMEOUT, Socket, access_token, bearer, socket_of
from users.models import CustomUser
from users.tokens import end_all_sessions, start_family

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(user) -> str:
    return access_token(user)


async def test_socket_is_ready_when_the_token_is_a_subprotocol(token, user):
    socket = Socket(subprotocols=bearer(token))

    assert await socket.connect(TIMEOUT) == (True, "support.v1")
    ready = await socket.hear()
    assert ready["user"] == {"id": user.pk, "name": "anna", "is_staff": False}
    await socket.disconnect()


async def test_socket_is_ready_when_the_header_has_the_token(token):
    socket = Socket(headers=[(b"authorization", f"Bearer {token}".encode())])

    assert await socket.connect(TIMEOUT) == (True, None)
    assert (await socket.hear())["type"] == "ready"
    await socket.disconnect()


async def test_socket_is_ready_when_its_first_frame_authenticates(token):
    socket = Socket()
    await socket.connect(TIMEOUT)

    await socket.say("auth", token=token)

    assert (await socket.hear())["type"] == "ready"
    await socket.disconnect()


@pytest.mark.parametrize(
    "offer",
    [
        {"subprotocols": bearer("rubbish")},
        {"subprotocols": bearer("")},
        {"headers": [(b"authorization", b"Bearer")]},
        {"headers": [(b"authorization", "Bearer я".encode())]},
    ],
)
async def test_socket_is_accepted_then_closed_when_tokens_are_bad(offer):
    socket = Socket(**offer)

    accepted, subprotocol = await socket.connect(TIMEOUT)

    assert accepted
    assert subprotocol == ("support.v1" if "subprotocols" in offer else None)
    assert await socket.close_code() == 4401


async def test_socket_is_closed_when_given_a_refresh_token(user):
    pair = await in_database(start_family)(user)
    socket = Socket()
    await socket.connect(TIMEOUT)

    await socket.say("auth", token=pair["refresh"])

    assert await socket.close_code() == 4401


@pytest.mark.parametrize("ending", ["blocked", "logged out everywhere", "gone"])
async def test_socket_is_told_to_sign_in_when_sessions_ended(user, token, ending):
    if ending == "gone":
        await in_database(user.delete)()
    else:
        user.is_active = ending != "blocked"
        user.session_epoch += 1
        await in_database(user.save)()
    offering, asked = Socket(subprotocols=bearer(token)), Socket()
    await offering.connect(TIMEOUT)
    await asked.connect(TIMEOUT)
    await asked.say("auth", token=token)

    assert await offering.close_code() == 4403
    assert await asked.close_code() == 4403


async def test_socket_is_closed_when_authentication_does_not_come_first():
    socket = Socket()
    await socket.connect(TIMEOUT)

    await socket.write("let me in")

    assert await socket.close_code() == 4401


async def test_socket_is_closed_when_nobody_says_who_it_is(settings):
    settings.SOCKET_LIMITS = {"AUTH_SECONDS": 0.1}
    socket = Socket()
    await socket.connect(TIMEOUT)

    assert await socket.close_code() == 4408


@pytest.mark.parametrize(
    ("origin", "host", "is_trusted"),
    [
        (None, "shop.example", True),
        (settings.SITE_URL, "127.0.0.1:8000", True),
        ("http://localhost:8765", "localhost:8765", True),
        ("http://localhost:3000", "localhost:8765", False),
        ("https://evil.example", "127.0.0.1:8000", False),
        ("https://evil.example", "evil.example", False),
        ("http://127.0.0.1.evil.example:8000", "127.0.0.1:8000", False),
        ("http://[", "127.0.0.1:8000", False),
        ("null", "127.0.0.1:8000", False),
    ],
)
async def test_only_pages_of_ours_may_open_a_socket(token, origin, host, is_trusted):
    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin else [])
    socket = Socket(headers=headers, subprotocols=bearer(token))

    accepted, _subprotocol = await socket.connect(TIMEOUT)

    assert accepted is is_trusted
    if accepted:
        await socket.disconnect()


def token_living(user: CustomUser, seconds: float) -> str:
    token = AccessToken(access_token(user))
    token["exp"] = token.current_time.timestamp() + seconds
    return str(token)


async def test_expiry_is_announced_and_then_closes(user):
    socket = Socket(subprotocols=bearer(await in_database(token_living)(user, 2)))
    await socket.connect(TIMEOUT)

    assert (await socket.hear_type("auth_expiring"))["expires_in"] <= 2
    assert await socket.close_code() == 4401


async def test_expiry_is_put_off_when_the_client_authenticates_again(user, token):
    socket = Socket(subprotocols=bearer(await in_database(token_living)(user, 2)))
    await socket.connect(TIMEOUT)
    await socket.hear_type("auth_expiring")

    await socket.say("auth", token=token)

    assert await socket.receive_nothing(timeout=3)
    await socket.disconnect()


async def test_session_goes_on_when_later_tokens_are_bad(user, stranger):
    async with socket_of(user) as socket:
        for token in ("rubbish", await in_database(access_token)(stranger)):
            await socket.say("auth", token=token)
            assert (await socket.hear())["code"] == "token_not_valid"

        await socket.write("still here")
        assert (await socket.hear())["author"]["id"] == user.pk


def block(user: CustomUser) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize("end", [block, end_all_sessions])
async def test_socket_closes_within_a_tick_when_its_sessions_end(user, settings, end):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.2}
    async with socket_of(user) as socket:
        await in_database(end)(user)

        assert await socket.close_code() == 4403


async def test_socket_is_closed_at_once_when_all_sessions_end(user):
    async with socket_of(user) as socket:
        await in_database(end_all_sessions)(user)

        assert await socket.close_code() == 4403


async def test_oldest_socket_closes_when_its_user_opens_too_many(user, settings):
    settings.SOCKET_LIMITS = {"SOCKETS_PER_USER": 2}
    async with socket_of(user) as oldest, socket_of(user) as second:
        async with socket_of(user):
            assert await oldest.close_code() == 4429

        async with socket_of(user):  # in the place of the third
            await second.write("still here")
            assert (await second.hear_type("message"))["text"] == "still here"


async def test_sockets_are_counted_from_their_authentication(user, token, settings):
    settings.SOCKET_LIMITS = {"SOCKETS_PER_USER": 2}
    sockets = [Socket() for _ in range(3)]
    for socket in sockets:
        await socket.connect(TIMEOUT)

    for socket in reversed(sockets):  # the last to connect is the first to speak
        await socket.say("auth", token=token)
        await socket.hear_type("ready")

    assert await sockets[-1].close_code() == 4429
    for socket in sockets:
        await socket.disconnect()


async def test_token_in_the_address_is_not_looked_at(token, settings):
    settings.SOCKET_LIMITS = {"AUTH_SECONDS": 0.1}
    socket = Socket(f"{PATH}?token={token}&access_token={token}&bearer={token}")
    await socket.connect(TIMEOUT)

    assert await socket.close_code() == 4408


async def test_socket_that_does_not_exist_is_refused(token, subtests):
    for path in ["/", "/ws/support", "/ws/support/x", "/ws/support//", "\xff", ""]:
        with subtests.test(path):
            accepted, _code = await Socket(path, subprotocols=bearer(token)).connect(TIMEOUT)

            assert not accepted
