"""Shared by the drills of the chat: people with tokens, pairs of sockets that talk, and the three books to compare."""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request

from websockets.asyncio.client import ClientConnection, connect

from drills import require
from drills.shop import HTTP, Process, Shop

# Tokens that outlive a drill, and nobody counts frames where a drill measures how many there can be.
LONG = {"ACCESS_TOKEN_SECONDS": "7200"}
UNLIMITED = {"SOCKET_LIMITS": "BURST=1000000,FRAMES_PER_SECOND=1000000"}
TIMEOUT = 30  # seconds for any one answer


@dataclass(frozen=True)
class Person:
    id: int
    token: str
    conversation: int | None  # staff have none


def make_people(number: int, *, is_staff: bool = False) -> list[Person]:
    from support.models import Conversation
    from users.models import CustomUser, Role
    from users.tokens import start_family

    role, batch = (Role.ADMIN if is_staff else Role.USER), uuid.uuid4().hex[:8]
    people = []
    for index in range(number):
        name = f"{role}-{batch}-{index}"
        user = CustomUser.objects.create(username=name, username_key=name, email=f"{name}@example.com", role=role)
        conversation = None if is_staff else Conversation.objects.create(customer=user).pk
        people.append(Person(user.pk, start_family(user)["access"], conversation))
    return people


@asynccontextmanager
async def socket_of(person: Person, server: Process, query: str = "", **options):
    """An open socket that has heard `ready`."""
    url = f"ws://127.0.0.1:{server.port}/ws/support/{query}"
    offer = ["support.v1", f"bearer.{person.token}"]
    options = {"proxy": None, "compression": None, "open_timeout": TIMEOUT, "max_queue": None, **options}
    async with connect(url, subprotocols=offer, **options) as socket:
        await hear(socket, "ready")
        yield socket


async def hear(socket: ClientConnection, kind: str = "message") -> dict:
    async with asyncio.timeout(TIMEOUT):
        while (frame := json.loads(await socket.recv()))["type"] != kind:
            pass
    return frame


async def say(socket: ClientConnection, kind: str, **fields) -> None:
    await socket.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))


async def write(socket: ClientConnection, text: str, **fields) -> str:
    client_id = fields.pop("client_id", None) or str(uuid.uuid4())
    await say(socket, "message", client_id=client_id, text=text, **fields)
    return client_id


# --- How fast they talk ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def pairs_of(people: list[Person], server: Process):
    """Two devices of each customer."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield [[await enter(socket_of(person, server)) for _device in range(2)] for person in people]


async def messages_per_second(pairs: list, seconds: float) -> float:
    """In each pair one device writes, the other hears it and writes back, and so on; both hear every message."""
    counts = await asyncio.gather(*(talk(pair, time.monotonic() + seconds) for pair in pairs))
    return sum(counts) / seconds


async def talk(pair: list[ClientConnection], until: float) -> int:
    count = 0
    while time.monotonic() < until:
        one, other = pair[count % 2], pair[1 - count % 2]
        client_id = await write(one, f"Где мой латте? {count}")
        for listener in (one, other):
            frame = await hear(listener)
            require(frame["client_id"] == client_id, f"heard {frame} instead of {client_id}")
        count += 1
    return count


def spread(figures: Iterable[float]) -> str:
    figures = sorted(figures)
    return f"{statistics.median(figures):.0f} ({figures[0]:.0f}-{figures[-1]:.0f})"


def median_ratio(ones: Iterable[float], others: Iterable[float]) -> float:
    """Round by round, so that what else the machine does meanwhile slows both of a pair."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def memory_of(server: Process) -> int:
    """KiB that a process holds in memory, with its workers. Linux only."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(resident(pid) for pid in (pid, *children))


def resident(pid: int | str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


# --- The three books ------------------------------------------------------------------------------------------------


def http_history(person: Person, server: Process, conversation: int) -> list[dict]:
    history: list[dict] = []
    while True:
        after = history[-1]["seq"] if history else 0
        page = ask(person, server, f"/api/support/conversations/{conversation}/messages/?after={after}")
        history += page["results"]
        if not page["results"]:
            require(page["last_seq"] == after, f"conversation {conversation} ends at {page['last_seq']}, not {after}")
            return history


async def socket_history(person: Person, server: Process, count: int) -> list[dict]:
    async with socket_of(person, server, "?after=0") as socket:
        return [await hear(socket) for _ in range(count)]


def database_history(conversation: int) -> list[tuple[int, str, str]]:
    from support.models import Message

    rows = Message.objects.filter(conversation=conversation).order_by("seq")
    return [(seq, str(client_id), text) for seq, client_id, text in rows.values_list("seq", "client_id", "text")]


def ask(person: Person, server: Process, path: str, body: dict | None = None) -> dict:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    request = Request(server.url + path, body and json.dumps(body).encode(), headers)  # noqa: S310 -- ours, http
    with HTTP.open(request, timeout=TIMEOUT) as answer:
        return json.load(answer)


def compare_books(people: list[Person], shop: Shop) -> int:
    """HTTP, the socket and the database tell the same, numbered 1, 2, 3 ... Returns how many messages there are."""
    from django.core.management import get_commands

    server, total = shop.ws[0], 0
    for person in people:
        stored = database_history(person.conversation)
        over_http = http_history(person, server, person.conversation)
        over_socket = asyncio.run(socket_history(person, server, len(stored)))
        require(over_http == over_socket, f"HTTP and socket differ in conversation {person.conversation}")
        told = [(frame["seq"], frame["client_id"], frame["text"]) for frame in over_http]
        require(told == stored, f"HTTP and the database differ in conversation {person.conversation}")
        seqs = [seq for seq, _client_id, _text in stored]
        require(seqs == list(range(1, len(seqs) + 1)), f"conversation {person.conversation} is numbered {seqs}")
        total += len(stored)
    if "check_integrity" in get_commands():
        shop.check_integrity()
    return total
