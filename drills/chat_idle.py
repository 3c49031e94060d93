"""Two thousand idle sockets: what one takes of memory, and that the others talk at least 0.8 times as fast as without.

Rounds with and without them take turns, each pair of rounds gives one ratio.
"""

import asyncio
import resource
from contextlib import AsyncExitStack

from drills import require
from drills.chat import (
    LONG,
    UNLIMITED,
    compare_books,
    make_people,
    median_ratio,
    memory_of,
    messages_per_second,
    pairs_of,
    socket_of,
    spread,
)
from drills.shop import open_shop

LEAST = 0.8


def drill(short: bool) -> dict:
    idle, number, rounds, seconds = (300, 10, 3, 2) if short else (2000, 50, 3, 5)
    allow_open_files(idle + 1000)
    with open_shop(ws=1, **LONG, **UNLIMITED) as shop:
        people, sleepers = make_people(number), make_people(idle)
        without, with_idle, memory = asyncio.run(measure(shop.ws[0], people, sleepers, rounds, seconds))
        total = compare_books(people, shop)
    ratio = median_ratio(with_idle, without)
    figures = {
        "idle sockets": idle,
        "memory per idle socket, KiB": round(memory / idle, 1),
        "messages/s without them, median (range)": spread(without),
        "messages/s with them": spread(with_idle),
        "ratio, median of rounds": round(ratio, 2),
        "messages that HTTP, socket and database agree on": total,
    }
    require(ratio >= LEAST, f"{figures}")
    return figures


def allow_open_files(number: int) -> None:
    """For this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, hard), hard))


async def measure(server, people, sleepers, rounds: int, seconds: float) -> tuple[list[float], list[float], int]:
    without, with_idle, memory = [], [], 0
    async with pairs_of(people, server) as pairs:
        await messages_per_second(pairs, 2)  # warm
        for _ in range(rounds):
            without.append(await messages_per_second(pairs, seconds))
            before = memory_of(server)
            async with AsyncExitStack() as stack:
                for person in sleepers:
                    await stack.enter_async_context(socket_of(person, server, ping_interval=None))
                memory = memory or memory_of(server) - before  # the first time: freed memory is used again
                with_idle.append(await messages_per_second(pairs, seconds))
    return without, with_idle, memory
