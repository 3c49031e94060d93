"""Customers who talk, and staff who listen to all of them, over real sockets that stay open between the turns."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector

from drills import Failed

TIMEOUT = 30  # seconds for a frame
BURST, PER_SECOND = 50, 8  # frames that a socket may send at once, and in the long run


class Person(NamedTuple):
    token: str
    conversation: int | None = None  # None: staff


class Place(NamedTuple):
    """A chat server. A rival has a path for everybody, and no tokens."""

    port: int
    is_ours: bool


class Client:
    """One socket. Whoever waits for a frame is told by `(type, key)`, where the key is a client_id or conversation."""

    def __init__(self, socket: ClientWebSocketResponse, conversation: int | None):
        self.socket, self.conversation = socket, conversation
        self.awaited: dict[tuple, asyncio.Future] = {}
        self.heard = 0
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> None:
        async for message in self.socket:
            frame = json.loads(message.data)
            if frame["type"] == "error":
                raise Failed(f"The server refused a frame: {frame}")
            self.heard += frame["type"] == "message"
            future = self.awaited.pop((frame["type"], frame.get("client_id") or frame.get("conversation")), None)
            if future is not None:
                future.set_result(frame)
        raise Failed(f"The server closed a socket with {self.socket.close_code}")

    def expect(self, kind: str, key: object) -> asyncio.Future:
        self.awaited[kind, key] = future = asyncio.get_running_loop().create_future()
        return future

    async def wait(self, future: asyncio.Future) -> dict:
        await asyncio.wait({future, self.reading}, timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if self.reading.done():
            self.reading.result()
        if not future.done():
            raise Failed("A frame did not come")
        return future.result()

    async def say(self, kind: str, **fields: object) -> None:
        await self.socket.send_json({"type": kind, **fields})


class Floor:
    """Everybody who is connected to one server."""

    def __init__(self, session: ClientSession, customers: list[Client], staff: list[Client]):
        self.session, self.customers, self.staff = session, customers, staff

    @classmethod
    async def open(cls, place: Place, customers: list[Person], staff: list[Person]) -> "Floor":
        session = ClientSession(connector=TCPConnector(limit=0))
        clients = [[await enter(session, place, one) for one in people] for people in (customers, staff)]
        floor = cls(session, *clients)
        if place.is_ours:
            for number, customer in enumerate(floor.customers):
                await asyncio.sleep(0 if number < BURST else 1 / PER_SECOND)
                for member in floor.staff:
                    await member.say("subscribe", conversation=customer.conversation)
            while not all(member.heard for member in floor.staff):  # until the last one is subscribed
                await write(floor.customers[-1])
                await asyncio.sleep(0.05)
        return floor

    async def close(self) -> None:
        for client in (*self.customers, *self.staff):
            client.reading.cancel()
        await self.session.close()


async def enter(session: ClientSession, place: Place, person: Person) -> Client:
    path = "ws/support/" if place.is_ours else person.conversation or "staff"
    protocols = ("support.v1", f"bearer.{person.token}") if place.is_ours else ()
    address = f"http://127.0.0.1:{place.port}/{path}"
    socket = await session.ws_connect(address, protocols=protocols, max_msg_size=0)
    await asyncio.wait_for(socket.receive(), TIMEOUT)  # ready
    return Client(socket, person.conversation)


async def in_turn(floor: Floor, seconds: float, once: Callable[[Client], Awaitable[None]]) -> float:
    """Rate of all customers together, each waiting for the end of one round before the next."""
    began = time.perf_counter()

    async def repeat(customer: Client) -> int:
        count = 0
        while time.perf_counter() < began + seconds:
            await once(customer)
            count += 1
        return count

    counts = await asyncio.gather(*map(repeat, floor.customers))
    return sum(counts) / (time.perf_counter() - began)


async def write(customer: Client) -> None:
    """A message that is stored and comes back to its author, which is the acknowledgement."""
    client_id = str(uuid.uuid4())
    heard = customer.expect("message", client_id)
    await customer.say("message", client_id=client_id, text="Where is my order?")
    frame = await customer.wait(heard)
    if frame["text"] != "Where is my order?" or frame["conversation"] != customer.conversation:
        raise Failed(f"Another message came back: {frame}")
