"""Clients that do not read, flood, or come a hundred at a time: memory stays bounded and others do not notice.

A reader that asks for a long history and never reads it, many of them at once; one client that sends a thousand
frames in a second; a hundred sockets of one user. Meanwhile two devices talk, each message within two seconds.
"""

import asyncio
import time
import uuid
from contextlib import AsyncExitStack

from websockets.exceptions import ConnectionClosed

from drills import require
from drills.chat import LONG, Person, compare_books, hear, make_people, memory_of, say, socket_of, write
from drills.shop import Process, open_shop

MEMORY_EACH = 8 * 1024  # KiB for a reader that does not read: a MiB unsent, the page it is part of, and copies
SLOWEST = 2.0  # seconds for a message between others
LIMIT = 10  # sockets of one user


def drill(short: bool) -> dict:
    history, readers, sockets = (1000, 3, 30) if short else (4000, 10, 100)
    with open_shop(ws=1, **LONG) as shop:
        server = shop.ws[0]
        lazy, modest, flooder, crowd = make_people(4)
        fill(lazy, history)
        figures = asyncio.run(attack(server, modest, lazy, flooder, crowd, readers, sockets))
        figures["messages that HTTP, socket and database agree on"] = compare_books([modest, flooder, crowd], shop)
    return figures


async def attack(server: Process, modest, lazy, flooder, crowd, readers: int, sockets: int) -> dict:
    async with socket_of(modest, server) as phone, socket_of(modest, server) as tablet:
        figures = {}
        for what, act in (
            ("nobody else", asyncio.sleep(3)),
            (f"{readers} readers that do not read", stop_reading(server, lazy, readers)),
            ("1,000 frames at once", flood(server, flooder)),
            (f"{sockets} sockets of one user", come_in_crowds(server, crowd, sockets)),
        ):
            task = asyncio.create_task(act)
            slowest = await slowest_message(phone, tablet, task)
            figures[f"slowest message beside {what}, s"] = f"{slowest:.2f}"
            figures |= task.result() or {}
            require(slowest <= SLOWEST, f"{figures}")
        return figures


async def slowest_message(phone, tablet, task: asyncio.Task) -> float:
    slowest = 0.0
    while not task.done():
        began = time.monotonic()
        client_id = await write(phone, "wie geht's")
        while (await hear(tablet))["client_id"] != client_id:
            pass
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.2)
    return slowest


async def stop_reading(server: Process, lazy: Person, number: int) -> dict:
    before, most = memory_of(server), 0
    async with AsyncExitStack() as stack:
        # A small window and a queue of one: the client's kernel and library take little, the server keeps the rest.
        options = {"max_queue": 1, "ping_interval": None, "close_timeout": 0.1}
        sockets = [
            await stack.enter_async_context(socket_of(lazy, server, "?after=0", **options)) for _ in range(number)
        ]
        deadline = time.monotonic() + 9
        while time.monotonic() < deadline:
            most = max(most, memory_of(server) - before)
            await asyncio.sleep(0.2)
        dropped = sum([await is_closed(socket) for socket in sockets])
    require(most <= MEMORY_EACH * number, f"{number} readers that do not read took {most} KiB")
    require(dropped == number, f"only {dropped} of {number} readers that do not read were dropped")
    return {"memory for each reader that does not read, KiB": round(most / number), "dropped": f"{dropped} of {number}"}


async def is_closed(socket) -> bool:
    try:
        async with asyncio.timeout(20):
            while True:
                await socket.recv()
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


async def flood(server: Process, flooder: Person) -> dict:
    async with socket_of(flooder, server) as socket:
        try:
            for _ in range(1000):
                await say(socket, "message", client_id=str(uuid.uuid4()), text="x")
        except ConnectionClosed:
            pass
        require(await is_closed(socket), "a flood does not close")
        require(socket.close_code == 4429, f"a flood closes with {socket.close_code}")
    return {"a flood closes with": socket.close_code}


async def come_in_crowds(server: Process, crowd: Person, number: int) -> dict:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(socket_of(crowd, server)) for _ in range(number)]
        for socket in sockets[:-LIMIT]:
            require(await is_closed(socket), "an eleventh socket closes nobody")
            require(socket.close_code == 4429, f"the oldest socket is closed with {socket.close_code}")
        for socket in sockets[-LIMIT:]:
            client_id = await write(socket, "still here")
            while (await hear(socket))["client_id"] != client_id:
                pass
    return {"sockets left to a user": LIMIT}


def fill(person: Person, number: int) -> None:
    from support.models import Conversation, Message

    Message.objects.bulk_create(
        Message(
            conversation_id=person.conversation, seq=seq, author_id=person.id, is_staff=False,
            client_id=uuid.uuid4(), text="я" * 4000,
        )
        for seq in range(1, number + 1)
    )  # fmt: skip
    Conversation.objects.filter(pk=person.conversation).update(last_seq=number)
