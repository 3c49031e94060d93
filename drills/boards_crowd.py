"""Fifty boards and five thousand customers at one process: hardly a look into the database while nothing happens.

What they cost in memory, and how soon an order is on every board of its branch while all of them watch.
"""

import asyncio
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from websockets.asyncio.client import connect

from drills import require
from drills.boards import Bar
from drills.chat import LONG, UNLIMITED, make_people, memory_of
from drills.chat_idle import allow_open_files
from drills.shop import Process, open_shop

SHORT, FULL = (300, 12, 20, 10), (5000, 50, 100, 30)  # customers, boards, orders, seconds while nothing happens
MOST_LOOKS = 1.0  # a second
AT_ONCE = 50  # handshakes
BOARDS_EACH = 5  # of one barista: a user has ten sockets at the most


def drill(short: bool) -> dict:
    customers, boards, orders, seconds = SHORT if short else FULL
    with open_shop(ws=1, **LONG, **UNLIMITED, OPEN_ORDERS="1000000", TEND_SECONDS="0") as shop:
        figures = crowd(shop.ws[0], customers, boards, orders, seconds)
    require(figures["transactions a second while nothing happens"] <= MOST_LOOKS, f"{figures}")
    return {"customers": customers, "boards": boards, **figures}


def crowd(server: Process, customers: int, boards: int, orders: int, seconds: float) -> dict:
    """Measure what so many watchers cost a server, and how soon each of so many orders is on every board."""
    allow_open_files(customers + boards + 1000)
    bar, people = Bar(), make_people(customers)
    baristas = [bar.hire(person.id, person.token) for person in make_people(boards // BOARDS_EACH + 1)]
    tokens = [token for token in baristas for _ in range(BOARDS_EACH)][:boards]
    return asyncio.run(watch(server, bar, people, tokens, orders, seconds))


async def watch(server: Process, bar: Bar, people: list, tokens: list[str], orders: int, seconds: float) -> dict:
    before, gate = memory_of(server), asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:

        async def opened(token: str, query: str = ""):
            url = f"ws://127.0.0.1:{server.port}/ws/orders/{query}"
            offer = ["orders.v1", f"bearer.{token}"]
            options = {"proxy": None, "compression": None, "open_timeout": 60, "ping_interval": None, "max_queue": None}
            async with gate:
                return await stack.enter_async_context(connect(url, subprotocols=offer, **options))

        customers = await asyncio.gather(*(opened(person.token) for person in people))
        walls = await asyncio.gather(*(opened(token, "?branch=main") for token in tokens))
        memory = memory_of(server) - before
        seen: dict[int, list[float]] = {}
        running = [tasks.create_task(listen(socket, seen)) for socket in walls]
        running += [tasks.create_task(listen(socket, {})) for socket in customers]
        looks = await looks_a_second(seconds)
        delays = await place(bar, orders, len(tokens), seen)
        for task in running:
            task.cancel()
    return {
        "memory per watching socket, KiB": round(memory / (len(people) + len(tokens)), 1),
        "transactions a second while nothing happens": round(looks, 2),
        "order to every board, median, s": f"{statistics.median(delays):.3f}",
        "order to every board, 99th percentile, s": f"{statistics.quantiles(delays, n=100)[98]:.3f}",
    }


async def listen(socket, seen: dict[int, list[float]]) -> None:
    async for text in socket:
        frame = json.loads(text)
        if frame["type"] == "order":
            seen.setdefault(frame["order"]["id"], []).append(time.monotonic())


async def looks_a_second(seconds: float) -> float:
    """The transactions that the process began; our own two are left out."""
    from django.db import connection

    def count() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            return cursor.fetchone()[0]

    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(12)  # what began with the connections is over
        first = await loop.run_in_executor(thread, count)
        await asyncio.sleep(seconds)
        last = await loop.run_in_executor(thread, count)
    return max(0, last - first - 2) / seconds


async def place(bar: Bar, orders: int, boards: int, seen: dict[int, list[float]]) -> list[float]:
    """From before an order is placed until the last board has it."""
    loop, delays = asyncio.get_running_loop(), []
    for _ in range(orders):
        order_id = await loop.run_in_executor(bar.thread, bar.place)
        async with asyncio.timeout(15):
            while len(seen.get(order_id, ())) < boards:
                await asyncio.sleep(0.005)
        delays.append(max(0.0, max(seen[order_id]) - bar.placed[order_id]))
    return delays
