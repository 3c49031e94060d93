"""Limits are a user's, whatever they open; and what must end, ends."""

import json
import uuid

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from conftest import client_of
from realtime.broker import Inbox, broker
from realtime.threads import in_database
from support.tests.sockets import TIMEOUT, Socket, access_token, bearer, socket_of
from users import consumers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def few(settings):
    settings.SOCKET_LIMITS = {"BURST": 6, "FRAMES_PER_SECOND": 0.1}


async def test_new_socket_brings_no_new_burst(few, user):
    async with socket_of(user) as first, socket_of(user) as second:
        for _ in range(4):
            await first.say("typing")
        await second.say("typing")

        assert await second.close_code() == 4429


async def test_socket_is_refused_when_its_user_reconnects_without_end(few, user):
    token = await in_database(access_token)(user)
    for _ in range(6):
        socket = Socket(subprotocols=bearer(token))
        await socket.connect(TIMEOUT)
        await socket.disconnect()

    socket = Socket(subprotocols=bearer(token))
    await socket.connect(TIMEOUT)

    assert await socket.close_code() == 4429


async def test_flood_of_one_user_leaves_others_alone(few, user, stranger):
    async with socket_of(user) as flooding, socket_of(stranger) as other:
        for _ in range(7):
            await flooding.say("typing")
        assert await flooding.close_code() == 4429

        await other.write("still here")
        assert (await other.hear())["text"] == "still here"


async def test_messages_over_http_count_as_frames_do(few, user, conversation):
    client = await in_database(client_of)(user)

    def post():
        body = {"client_id": str(uuid.uuid4()), "text": "hello"}
        return client.post(f"/api/support/conversations/{conversation.pk}/messages/", body)

    async with socket_of(user) as socket:
        answers = [await in_database(post)() for _ in range(6)]
        await socket.say("typing")

        assert [answer.status_code for answer in answers] == [201] * 5 + [429]
        assert 1 <= int(answers[-1]["Retry-After"]) <= 10
        assert answers[-1].json()["code"] == "throttled"
        assert await socket.close_code() == 4429


@pytest.mark.parametrize("frame", [{"text_data": "я" * 4097}, {"bytes_data": b"x" * 8193}])
async def test_long_frame_closes_when_nobody_is_authenticated(frame):
    socket = Socket()
    await socket.connect(TIMEOUT)

    await socket.send_to(**frame)

    assert await socket.close_code() == 4401


async def test_frame_of_8_kib_is_read_before_authentication():
    socket = Socket()
    await socket.connect(TIMEOUT)

    await socket.send_to(text_data="x" * 8192)

    assert (await socket.hear())["code"] == "malformed"
    await socket.disconnect()


async def test_long_frames_are_answered_in_order_after_authentication(user):
    async with socket_of(user) as socket:
        await socket.send_to(text_data=json.dumps({"type": "read", "seq": -1, "x": "y" * 500_000}))
        await socket.write("after it")

        assert (await socket.hear())["code"] == "invalid"
        assert (await socket.hear())["text"] == "after it"


# --- What must happen needs no room in the inbox --------------------------------------------------------------------


@pytest.fixture
def no_room(monkeypatch):
    monkeypatch.setattr(Inbox, "MAX_EVENTS", 0)


async def test_socket_ends_with_its_token_despite_a_full_inbox(no_room, user):
    token = AccessToken(await in_database(access_token)(user))
    token["exp"] = token.current_time.timestamp() + 1
    socket = Socket(subprotocols=bearer(str(token)))
    await socket.connect(TIMEOUT)

    assert await socket.close_code() == 4401


async def test_socket_ends_with_its_session_despite_a_full_inbox(no_room, user, settings):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.2}
    async with socket_of(user) as socket:
        user.is_active = False
        await in_database(user.save)()

        assert await socket.close_code() == 4403


# --- Ghosts: sockets whose end was never heard ----------------------------------------------------------------------


def ghost(user, number: int) -> None:
    event = {"type": "socket.opened", "opened_at": [2e10, f"ghost {number}"]}
    broker.publish(event, f"users.sockets.support.v1.{user.pk}")


async def test_ghosts_throw_nobody_out(user, settings, monkeypatch):
    settings.SOCKET_LIMITS = {"SOCKETS_PER_USER": 3}
    monkeypatch.setattr(consumers, "ROLL_CALL_SECONDS", 0.2)
    async with socket_of(user) as socket, socket_of(user):
        for number in range(5):
            ghost(user, number)

        assert await socket.receive_nothing(timeout=1)
        await socket.write("still here")
        assert (await socket.hear())["text"] == "still here"


async def test_the_living_are_still_counted_among_ghosts(user, settings, monkeypatch):
    settings.SOCKET_LIMITS = {"SOCKETS_PER_USER": 2}
    monkeypatch.setattr(consumers, "ROLL_CALL_SECONDS", 0.2)
    async with socket_of(user) as oldest, socket_of(user) as second:
        for number in range(5):
            ghost(user, number)
        async with socket_of(user):
            assert await oldest.close_code() == 4429

            await second.write("still here")
            assert (await second.hear_type("message"))["text"] == "still here"


async def test_sockets_of_two_kinds_are_counted_apart(user, settings):
    settings.SOCKET_LIMITS = {"SOCKETS_PER_USER": 1}
    async with socket_of(user) as socket:
        event = {"type": "socket.opened", "opened_at": [2e10, "board"]}
        broker.publish(event, f"users.sockets.orders.v1.{user.pk}")

        assert await socket.receive_nothing(timeout=0.5)
