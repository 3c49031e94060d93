"""Nasty values in every field of every frame, and frames that are none: an error or a sound answer, never the end."""

import json
import uuid
from typing import NamedTuple

import pytest

from CoffeeShop.tests.nasty import (
    BIG,
    BODIES,
    HEADERS,
    STRINGS,
    VALUES,
    changed,
    chosen,
    contents,
    places,
    told_insides,
    written,
)
from realtime.threads import in_database
from support.consumers import SupportConsumer
from support.services import open_conversation, post_message
from support.tests.sockets import PATH, TIMEOUT, Socket, access_token, bearer, socket_of

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = 60  # of each person
REFUSALS = {
    *("malformed", "invalid", "client_id_reused", "seq_not_reached", "not_found", "permission_denied"),
    "token_not_valid",
}
ANSWERS = {"error", "message", "read", "conversation"}
NO_FRAMES = [
    *BODIES,
    b'{"type": "typing", "type": "message"}',
    b'{"type": "typing", "type": "dance"}',
    b'{"type": "typing", "__proto__": {"type": "auth"}}',
    b'{"type": "reconcile", "epochs": {}, "changes": {}}',
    b'{"type": "read", "seq": -0}',
    b'{"type": "read", "seq": 1e0}',
    b'{"type": "read", "seq": ' + b"9" * 4000 + b"}",
    b'{"type": "typing"} {"type": "typing"}',
    b'{"type": "typing", "a": "\\ud83d"}',
    "{“type”: “typing”}".encode(),
]


class Odd(NamedTuple):
    """One event from a client: what is unlike a sound one is in `where`."""

    where: str
    content: dict


class Chat(NamedTuple):
    conversation: int
    token: str

    def frames(self) -> list[dict]:
        """A sound frame of each type, with every field that it may have, and one that it has not."""
        named, client_id = {"conversation": self.conversation, "extra": 1}, str(uuid.uuid4())
        return [
            {"type": "auth", "token": self.token, "extra": 1},
            {"type": "message", "client_id": client_id, "text": "hello", **named},
            {"type": "read", "seq": 1, **named},
            {"type": "subscribe", "after": 0, **named},
            {"type": "typing", **named},
            {"type": "unsubscribe", **named},
        ]

    def attacks(self) -> list[Odd]:
        """Every nasty value in every field of every frame, and what is no frame, as text and as bytes."""
        fields = [
            Odd(f"{frame['type']} {way} = {value!r:.80}", {"text": written(changed(frame, way, value))})
            for position, sound in enumerate(self.frames())
            for way in places(sound)
            for value in VALUES
            for frame in [self.frames()[position]]  # with a new `client_id` each time
        ]
        texts = [Odd(f"{body[:80]!r}", {"text": body.decode("utf-8", "replace")}) for body in NO_FRAMES]
        return [*fields, *texts, *(Odd(f"binary {body[:80]!r}", {"bytes": body}) for body in NO_FRAMES)]


@pytest.fixture(autouse=True)
def any_number_of_frames(settings):
    settings.SOCKET_LIMITS = {"BURST": BIG, "BAD_FRAMES": BIG}


@pytest.fixture(params=["customer", "staff"])
def person(request, user, admin_user):
    return {"customer": user, "staff": admin_user}[request.param]


@pytest.fixture
def chat(person, user) -> Chat:
    conversation = open_conversation(user)[0]
    post_message(conversation_id=conversation.pk, author=user, client_id=uuid.uuid4(), text="first")
    return Chat(conversation.pk, access_token(person))


def test_sound_frames_cover_every_type_and_every_field():
    fields = {frame.pop("type"): set(frame) - {"extra"} for frame in Chat(1, "x").frames()}

    assert fields == {name: set(schema().fields) for name, schema in SupportConsumer.schemas.items()}


async def test_sound_frames_are_handled_as_a_control(person, chat):
    async with socket_of(person) as socket:
        refused = [frame["type"] for frame in chat.frames() if errors(await answers(socket, {"text": written(frame)}))]

    assert refused == ([] if person.is_admin else ["subscribe", "unsubscribe"])


async def test_nasty_frames_are_answered_in_order_and_change_nothing(person, chat, record_property):
    nasty = chosen(chat.attacks(), seed=person.username, count=SAMPLE)
    record_property("nasty", {"frames": len(nasty)})
    found = []

    async with socket_of(person) as socket:
        after = await in_database(contents)()
        for odd in nasty:
            heard, before = await answers(socket, odd.content), after
            after = await in_database(contents)()
            found += [f"{odd.where}: {flaw}" for frame in heard for flaw in flaws(frame)]
            if errors(heard) and after != before:
                found.append(f"{odd.where}: something was changed")
        await socket.write("still here", conversation=chat.conversation)
        assert (await socket.hear_type("message"))["text"]

    assert not found, "\n".join(found)


async def answers(socket: Socket, content: dict) -> list[dict]:
    """What a frame is answered with: all that comes before the answer to a second one, which is refused by its name."""
    await socket.send_input({"type": "websocket.receive", **content})
    marker, frames = await socket.write(""), []
    while (frame := await socket.hear()).get("client_id") != marker:
        frames.append(frame)
    return frames


def errors(frames: list[dict]) -> list[dict]:
    return [frame for frame in frames if frame["type"] == "error"]


def flaws(frame: dict) -> list[str]:
    found = told_insides(frame["detail"]) if frame["type"] == "error" else []
    if frame["type"] not in ANSWERS or frame.get("code", "invalid") not in REFUSALS:
        found.append(f"no such answer: {frame}")
    return found


# --- The handshake --------------------------------------------------------------------------------------------------


async def test_socket_says_what_is_wrong_when_addresses_are_nasty(person, chat, record_property):
    queries = [f"{name}={value}" for value in map(quoted, STRINGS) for name in ("after", "after=1&after", "x")]
    nasty = chosen([*queries, *map(quoted, STRINGS), "after[]=1", "&&&", "after=1;after=x", "%"], seed="query")
    record_property("nasty", {"handshakes": len(nasty)})

    for query in nasty:
        async with socket_of(person, f"{PATH}?{query}") as socket:
            heard = await answers(socket, {"text": written({"type": "typing", "conversation": chat.conversation})})

            assert socket.ready["type"] == "ready", query
            assert {frame["code"] for frame in errors(heard)} <= {"invalid"}, query


def quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


async def test_nasty_headers_open_a_socket_or_none_in_order(user, record_property):
    token = await in_database(access_token)(user)
    names = [(name, value) for name, values in HEADERS.items() for value in [*values, *STRINGS]]
    nasty = chosen(names, seed="headers")
    record_property("nasty", {"handshakes": len(nasty)})

    for name, value in nasty:
        header = (name.lower().encode(), value.encode("utf-8", "surrogatepass"))
        offered = [] if name == "Authorization" else bearer(token)
        socket = Socket(headers=[header], subprotocols=offered)

        assert await outcome(socket, token) in EXPECTED.get(name, {"ready"}), (name, value)


async def test_nasty_tokens_among_the_subprotocols_are_refused(record_property):
    nasty = chosen(STRINGS, seed="tokens")
    record_property("nasty", {"handshakes": len(nasty)})

    for value in nasty:
        assert await outcome(Socket(subprotocols=bearer(value))) == "4401", value


# `ready` without an Authorization that names a token comes after the first frame.
EXPECTED = {"Origin": {"ready", "refused"}, "Authorization": {"ready", "4401"}}


async def outcome(socket: Socket, token: str = "") -> str:
    """`refused` before the handshake, the code it is closed with, or `ready`."""
    accepted, _subprotocol = await socket.connect(TIMEOUT)
    if not accepted:
        return "refused"
    await socket.say("auth", token=token)
    event = await socket.receive_output(TIMEOUT)
    await socket.disconnect()
    return str(event["code"]) if event["type"] == "websocket.close" else json.loads(event["text"])["type"]
