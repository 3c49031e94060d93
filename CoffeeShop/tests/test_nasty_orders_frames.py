"""Nasty values in every field of every frame of live orders, and nasty branches in its address."""

import uuid

import pytest

from CoffeeShop.tests.nasty import BIG, STRINGS, VALUES, changed, chosen, contents, places, written
from CoffeeShop.tests.test_nasty_frames import NO_FRAMES, Odd, errors, flaws, quoted
from orders.consumers import OrdersConsumer
from orders.models import Order
from orders.tests.factories import OrderFactory
from products.models import BranchStaff, Position
from realtime.threads import in_database
from users.tests.factories import UserFactory
from users.tests.sockets import TIMEOUT, Socket, access_token, bearer

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = 60
BOARD = "/ws/orders/?branch=main"


@pytest.fixture(autouse=True)
def any_number_of_frames(settings):
    settings.SOCKET_LIMITS = {"BURST": BIG, "BAD_FRAMES": BIG}


@pytest.fixture
def token(branch) -> str:
    barista = UserFactory()
    BranchStaff.objects.create(user=barista, branch=branch, position=Position.BARISTA)
    return access_token(barista)


@pytest.fixture
def order(branch) -> Order:
    return OrderFactory(branch=branch)


def sound_frames(token: str, order_id: int) -> list[dict]:
    return [
        {"type": "auth", "token": token, "extra": 1},
        {"type": "seen", "order": order_id, "version": 1, "extra": 1},
    ]


def attacks(token: str, order_id: int) -> list[Odd]:
    fields = [
        Odd(f"{frame['type']} {way} = {value!r:.80}", {"text": written(changed(frame, way, value))})
        for frame in sound_frames(token, order_id)
        for way in places(frame)
        for value in VALUES
    ]
    texts = [Odd(f"{body[:80]!r}", {"text": body.decode("utf-8", "replace")}) for body in NO_FRAMES]
    return [*fields, *texts, *(Odd(f"binary {body[:80]!r}", {"bytes": body}) for body in NO_FRAMES)]


def test_there_is_a_sound_orders_frame_of_every_type():
    fields = {frame.pop("type"): set(frame) - {"extra"} for frame in sound_frames("x", 1)}

    assert fields == {name: set(schema().fields) for name, schema in OrdersConsumer.schemas.items()}


async def test_nasty_orders_frames_are_answered_and_change_nothing(token, order, record_property):
    nasty = chosen(attacks(token, order.pk), seed="orders", count=SAMPLE)
    record_property("nasty", {"frames": len(nasty)})
    found = []
    socket = await board_of(token)
    await socket.hear_type("ready")

    after = await in_database(contents)()
    for odd in nasty:
        heard, before = await answers(socket, odd.content), after
        after = await in_database(contents)()
        found += [f"{odd.where}: {flaw}" for frame in errors(heard) for flaw in flaws(frame)]
        if errors(heard) and after != before:
            found.append(f"{odd.where}: something was changed")
    await socket.disconnect()

    assert not found, "\n".join(found)


async def test_nasty_branches_in_the_address_are_refused(token, record_property):
    nasty = chosen([*map(quoted, STRINGS), "main&branch=x", "main%00", "main%20", "MAIN", "-1"], seed="branches")
    record_property("nasty", {"handshakes": len(nasty)})

    for value in nasty:
        socket = Socket(f"/ws/orders/?branch={value}", subprotocols=bearer(token, "orders.v1"))
        await socket.connect(TIMEOUT)

        assert await socket.close_code() == 4403, value


async def board_of(token: str) -> Socket:
    socket = Socket(BOARD, subprotocols=bearer(token, "orders.v1"))
    await socket.connect(TIMEOUT)
    return socket


async def answers(socket: Socket, content: dict) -> list[dict]:
    """All that comes before the answer to a second frame, which is refused by its name."""
    await socket.send_input({"type": "websocket.receive", **content})
    marker, frames = str(uuid.uuid4()), []
    await socket.say("seen", client_id=marker)
    while (frame := await socket.hear()).get("client_id") != marker:
        frames.append(frame)
    return frames
