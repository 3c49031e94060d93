"""Two web and two ws behind a proxy carry orders and chat at the same time, for ten minutes.

No answer is a 5xx, no process grows, connections to PostgreSQL stay as many as there are threads.
"""

import asyncio
import threading
import time

from drills import require
from drills.chat import LONG, UNLIMITED, compare_books, make_people, memory_of, pairs_of, talk
from drills.load import Load
from drills.proxy import Wire
from drills.shop import Shop, open_shop

WARM = 0.3  # of the time, after which memory is expected to stay
GROWTH = 8 * 1024  # KiB in the rest of it, for a process of some 120 MiB
HTTP_THREADS, SOCKET_THREADS = 16, 4  # of each process; see settings.py and users/sockets.py


def drill(short: bool) -> dict:
    seconds, pairs = (20, 5) if short else (600, 10)
    with open_shop(web=2, ws=2, mail=True, **LONG, **UNLIMITED) as shop:
        people, watch = make_people(pairs), Watch(shop)
        web, ws = ([server.port for server in servers] for servers in (shop.web, shop.ws))
        with Wire(*web, *ws) as http, Wire(*ws) as sockets:
            with Load(http.port, customers=6, pause=0.1, sockets=sockets.port) as load:
                watch.start()
                heard = asyncio.run(chat(people, sockets, seconds))
                watch.stop()
            figures = load.settle()
        require(set(figures["answers"]) <= {200, 201}, f"answers {figures['answers']}")
        messages = compare_books(people, shop)
        require(messages == heard, f"{messages} messages are stored, {heard} were heard")
        return figures | watch.figures() | {"messages": messages, "books": shop.check_integrity()}


async def chat(people: list, server: Wire, seconds: float) -> int:
    async with pairs_of(people, server) as pairs:
        return sum(await asyncio.gather(*(chatter(pair, time.monotonic() + seconds) for pair in pairs)))


async def chatter(pair: list, until: float) -> int:
    count = 0
    while time.monotonic() < until:
        count += await talk(pair, time.monotonic() + 0.001)
        await asyncio.sleep(0.2)
    return count


class Watch(threading.Thread):
    """Writes down, second by second, what the servers take."""

    def __init__(self, shop: Shop):
        super().__init__(daemon=True)
        self.servers = [*shop.web, *shop.ws]
        self.memory: list[list[int]] = []
        self.connections: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        from django.db import connection

        while not self.over.wait(1):
            self.memory.append([memory_of(server) for server in self.servers])
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                self.connections.append(cursor.fetchone()[0])
        connection.close()

    def stop(self) -> None:
        self.over.set()
        self.join()

    def figures(self) -> dict:
        warm, end = self.memory[int(len(self.memory) * WARM)], self.memory[-1]
        grown = [after - before for before, after in zip(warm, end, strict=True)]
        require(max(grown) <= GROWTH, f"processes grew by {grown} KiB, from {warm}")
        most = len(self.servers) * HTTP_THREADS + 2 * SOCKET_THREADS + 3  # the mail sender, the drill and this thread
        require(max(self.connections) <= most, f"{max(self.connections)} connections, {most} at most are expected")
        return {
            "MiB of each process, warm": [round(size / 1024) for size in warm],
            "MiB, at the end": [round(size / 1024) for size in end],
            "connections to PostgreSQL, most": f"{max(self.connections)} of {most}",
        }
