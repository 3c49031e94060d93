"""Who may do what over the socket, for every kind of person; over HTTP see `CoffeeShop/tests/test_access.py`."""

import json
import uuid

import pytest

from realtime.threads import in_database
from support import services
from support.models import Conversation
from support.tests.sockets import TIMEOUT, Socket, access_token, bearer, socket_of
from users.models import CustomUser
from users.tests.factories import AdminFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = ("anonymous", "unverified", "user", "owner", "blocked", "administrator")
# What a frame is answered with, or the code that the socket was closed with; `owner` is whose the conversation is.
IN = "4401 message           message           message           4403 invalid"
OWN = "4401 not_found         not_found         {0}               4403 {0}"
STAFF = "4401 permission_denied permission_denied permission_denied 4403 {0}"
TABLE = {
    "write in one's own conversation": IN,
    "write in the owner's": OWN.format("message"),
    "read the owner's": OWN.format("read"),
    "type in the owner's": OWN.format("nothing"),
    "follow the owner's": STAFF.format("message"),
    "follow no longer": STAFF.format("nothing"),
    "hear the queue": "nothing nothing nothing message 4403 conversation",
}


@pytest.fixture
def people(db) -> dict[str, CustomUser | None]:
    people = {name: UserFactory(username=name, is_verified=name != "unverified") for name in PEOPLE[1:-1]}
    return {"anonymous": None, **people, "administrator": AdminFactory(username="administrator")}


@pytest.fixture
def conversation(people) -> Conversation:
    conversation = services.open_conversation(people["owner"])[0]
    post(conversation, people["owner"])
    return conversation


@pytest.fixture
def tokens(people) -> dict[str, str]:
    tokens = {name: access_token(user) if user else "" for name, user in people.items()}  # of the time before the block
    people["blocked"].is_active = False
    people["blocked"].save()
    return tokens


def post(conversation: Conversation, author: CustomUser) -> None:
    services.post_message(conversation_id=conversation.pk, author=author, client_id=uuid.uuid4(), text="hello")


def authors(conversation: Conversation) -> set[str]:
    return set(conversation.messages.values_list("author__username", flat=True))


@pytest.mark.parametrize("name", PEOPLE)
async def test_everybody_may_do_what_the_table_says(people, conversation, tokens, admin_user, name):
    place = {"conversation": conversation.pk}
    message = {"type": "message", "client_id": str(uuid.uuid4()), "text": "here"}
    acts = {
        "write in one's own conversation": lambda socket: socket.say(**message),
        "write in the owner's": lambda socket: socket.say(**{**message, "client_id": str(uuid.uuid4())}, **place),
        "read the owner's": lambda socket: socket.say("read", seq=1, **place),
        "type in the owner's": lambda socket: socket.say("typing", **place),
        "follow the owner's": lambda socket: socket.say("subscribe", after=0, **place),
        "follow no longer": lambda socket: socket.say("unsubscribe", **place),
        "hear the queue": lambda socket: wait_for_news_of(conversation, people["owner"], admin_user),
    }
    expected = {act: row.split()[PEOPLE.index(name)] for act, row in TABLE.items()}

    found = {act: await answer(tokens[name], acts[act]) for act in TABLE}

    assert found == expected
    assert await in_database(authors)(conversation) == {"owner"} | ({"administrator"} & {name})


async def wait_for_news_of(conversation: Conversation, author: CustomUser, witness: CustomUser) -> None:
    async with socket_of(witness) as other:
        await in_database(post)(conversation, author)
        await other.hear_type("conversation")


async def answer(token: str, act) -> str:
    """What is heard first on a socket of its own."""
    socket = Socket(subprotocols=bearer(token) if token else None)
    await socket.connect(TIMEOUT)
    if token and (event := await socket.receive_output(TIMEOUT))["type"] == "websocket.close":
        return str(event["code"])
    await act(socket)
    marker = await socket.write("")  # refused, so that `nothing` needs no waiting
    event = await socket.receive_output(TIMEOUT)
    await socket.disconnect()
    return str(event["code"]) if event["type"] == "websocket.close" else verdict(json.loads(event["text"]), marker)


def verdict(frame: dict, marker: str) -> str:
    if frame.get("client_id") == marker:
        return "nothing"
    return frame.get("code", frame["type"])
