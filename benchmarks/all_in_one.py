"""HTTP under one daphne: the shop's fixed pool of threads beside stock ASGI Django, the same views in both."""

import threading
from functools import partial

from benchmarks import Table
from benchmarks.load import ask_once, expect, repeat, request, visit
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import database_connections, open_stage, perform
from benchmarks.tokens import TRIVIAL
from drills import require
from drills.shop import Process

CLIENTS = 64
THREADS = 16
OURS, STOCK = "CoffeeShop's daphne", "stock daphne"


def bench(short: bool) -> list[Table]:
    with open_stage(HTTP_THREADS=str(THREADS)) as shop:
        from benchmarks.fill import fill_catalogue

        fill_catalogue(1)
        servers = {
            OURS: perform(shop, "ws", **TRIVIAL, PGAPPNAME=OURS),
            # With persistent connections it would take one for each request until PostgreSQL has none left.
            STOCK: perform(shop, "stock daphne", **TRIVIAL, PGAPPNAME=STOCK, CONN_MAX_AGE="0"),
        }
        connections: dict[str, list[int]] = {name: [] for name in servers}
        candidates = {name: partial(load, server, connections[name], name) for name, server in servers.items()}
        series = take_turns(candidates, Pace.of(short))
    require(max(connections[OURS]) <= THREADS, f"{max(connections[OURS])} database connections for {THREADS} threads")
    table = compared(f"A view of one query, {CLIENTS} clients", series, to=[STOCK])
    rows = [[*row, str(max(connections[row[0]]))] for row in table.rows]
    return [table._replace(head=[*table.head, "most database connections"], rows=rows)]


def load(server: Process, connections: list[int], name: str, seconds: float) -> float:
    """Requests per second. How many database connections there were at the height of it is added to the list."""
    payload = request("GET", "/one-query/")
    answer = expect(ask_once(server.port, payload), 200)
    counting = threading.Timer(seconds * 0.8, count, [name, connections])
    counting.start()
    rate = visit(server.port, [repeat(payload, answer) for _ in range(CLIENTS)], seconds).rate
    counting.join()
    return rate


def count(name: str, connections: list[int]) -> None:
    from django.db import connection

    connections.append(database_connections(name))
    connection.close()  # the thread's own
