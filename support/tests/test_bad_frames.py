import uuid

import pytest

from realtime.threads import in_database
from support.tests.sockets import PATH, Socket, socket_of

pytestmark = pytest.mark.django_db(transaction=True)

MALFORMED = [
    "",
    "{",
    "[]",
    "5",
    "null",
    '"message"',
    "{}",
    '{"type": "dance"}',
    '{"type": ["message"]}',
    '{"type": "websocket.disconnect"}',
    '{"type": "typing", "x": NaN}',
    '{"type": "read", "seq": ' + "9" * 5000 + "}",
    '{"type": "message", "client_id": "1", "text": "a\0"}',
    '{"type": "typing", "x": "\\ud800"}',
    "[" * 100_000,
    '{"type": "typing", "x": ' + "[" * 50 + "]" * 50 + "}",
]


async def test_malformed_frame_gets_an_error_on_an_open_socket(user, subtests):
    binary = {"bytes": b'{"type": "typing"}'}
    async with socket_of(user) as socket:
        for event in (binary, *({"text": text} for text in MALFORMED)):
            with subtests.test(str(event)[:80]):
                await socket.send_input({"type": "websocket.receive", **event})
                assert (await socket.hear())["code"] == "malformed"

                await socket.write("still here")
                assert (await socket.hear())["text"] == "still here"


UNSOUND = [
    {"type": "message", "text": "no client_id"},
    {"type": "message", "client_id": str(uuid.uuid4()), "text": "a" * 4001},
    {"type": "message", "client_id": str(uuid.uuid4()), "text": "a\0"},
    {"type": "message", "client_id": str(uuid.uuid4()), "text": "  "},
    *({"type": "message", "client_id": str(uuid.uuid4()), "text": text} for text in ("\u200b", "\u2800", "\u3164\n")),
    {"type": "message", "client_id": str(uuid.uuid4()), "text": ["a"]},
    {"type": "message", "client_id": 5, "text": "a"},
    {"type": "read", "seq": True},
    {"type": "read", "seq": 1.0},
    {"type": "read", "seq": "1"},
    {"type": "read", "seq": 2**63},
    {"type": "read", "seq": float("1e300")},
    {"type": "read", "seq": 0},
    {"type": "read", "seq": -1},
    {"type": "message", "client_id": str(uuid.uuid4()), "text": "a", "conversation": 2**63},
    {"type": "auth", "token": {"a": 1}},
    {"type": "typing", "conversation": -1},
    {"type": "auth"},
]


async def test_wrong_field_gets_an_error_naming_the_client_id(user, subtests):
    async with socket_of(user) as socket:
        for frame in UNSOUND:
            with subtests.test(str(frame)[:80]):
                await socket.send_json_to(frame)
                error = await socket.hear()
                assert error["code"] == "invalid"
                assert ("client_id" in error) is isinstance(frame.get("client_id"), str)

                await socket.say("typing")


async def test_socket_is_closed_after_ten_bad_frames_running(user):
    async with socket_of(user) as socket:
        for _ in range(9):
            await socket.send_to(text_data="{")
        await socket.say("typing")  # a good one starts the count anew
        for _ in range(10):
            await socket.send_to(text_data="{")

        errors = [await socket.hear() for _ in range(19)]

        assert {error["code"] for error in errors} == {"malformed"}
        assert await socket.close_code() == 4400


async def test_socket_is_closed_when_it_floods(user):
    async with socket_of(user) as socket:
        for _ in range(1000):
            await socket.say("typing")

        assert await socket.close_code() == 4429


@pytest.mark.parametrize("after", ["-1", "9223372036854775808", "abc", "", "١"])
async def test_error_follows_ready_when_after_is_nonsense(user, after):
    async with socket_of(user, f"{PATH}?after={after}") as socket:
        assert socket.ready["type"] == "ready"
        assert (await socket.hear())["code"] == "invalid"

        await socket.write("still here")
        assert (await socket.hear())["text"] == "still here"


@pytest.mark.parametrize(("language", "detail"), [("en", "Not found."), ("ru", "Не найдено.")])
async def test_detail_is_in_the_users_language(user, language, detail):
    user.language = language
    await in_database(user.save)()
    async with socket_of(user) as socket:
        await socket.say("typing", conversation=1)

        assert (await socket.hear())["detail"] == detail


async def test_socket_without_authentication_is_told_of_bad_frames():
    socket = Socket()
    await socket.connect()

    await socket.send_to(text_data="{")

    assert (await socket.hear())["code"] == "malformed"
    await socket.disconnect()


async def test_length_error_is_in_the_language_of_each_user(user, stranger):
    stranger.language = "ru"
    await in_database(stranger.save)()
    details = []
    for author in (user, stranger):
        async with socket_of(author) as socket:
            await socket.write("a" * 4001)
            details.append((await socket.hear())["detail"])

    assert "4000" in details[0]
    assert "4000" in details[1]
    assert details[0].isascii()
    assert not details[1].isascii()
