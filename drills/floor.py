"""The other side of the counter of a load: boards of the branch, a barista at one of them, and customers who watch.

Sockets live on a thread of their own. What they must never show is in their `odd`: an order twice, a promise that was
taken forward, or one that another order has moved.
"""

import asyncio
import threading
import time
from contextlib import suppress
from datetime import datetime

from drills import require
from drills.caller import Caller
from drills.live import LOST, OrdersSocket

BOARDS = 2
WHOLE = 15.0  # seconds until every board has to show the truth
DRAINED = 60.0  # seconds until the barista has made all


class Board(OrdersSocket):
    """Says of every order that it is seen, and holds every picture against the one before."""

    async def put(self, order: dict) -> None:
        known = self.book.get(order["id"])
        self.odd += broken_promises(known or order, order)
        await super().put(order)

    async def show(self, order: dict) -> None:
        if self.branch is not None and order["seen_at"] is None:
            with suppress(*LOST):  # it will be said by another board, or of the next picture
                await self.say("seen", order=order["id"], version=order["version"])


def broken_promises(before: dict, order: dict) -> list[str]:
    """A promise is put off when the bar is late, never taken forward; the first one stays known."""
    if before["version"] > order["version"]:
        return []
    first_before, promised_before = moments(before, "first_promised_at", "promised_at")
    first, promised = moments(order, "first_promised_at", "promised_at")
    if first == first_before and promised >= max(first, promised_before):
        return []
    return [
        f"order {order['id']} was promised for {promised_before}, first {first_before}; now {promised}, first {first}"
    ]


def moments(order: dict, *names: str) -> list[datetime]:
    return [datetime.fromisoformat(order[name]) for name in names]


class Barista(Caller):
    """Makes what the board shows, one order after the other, each of which one barista begins."""

    def __init__(self, port: int, token: str, floor: "Floor"):
        super().__init__(port, token)
        self.floor, self.made = floor, 0

    def run(self) -> None:
        while self.is_wanted:
            order = self.floor.begin_next()
            if order is None:
                time.sleep(0.05)
                continue
            self.make(order)
            self.made += 1

    def make(self, order: dict) -> None:
        path = f"/api/orders/{order['id']}/"
        self.ask("PATCH", path, {"status": "accepted"}, {200})
        for item in order["items"]:
            self.ask("PATCH", f"{path}items/{item['id']}/", {"made": item["quantity"]}, {200})
        self.ask("PATCH", path, {"status": "completed", "is_paid": True}, {200})


class Floor(threading.Thread):
    """Runs the sockets, until `close`."""

    def __init__(self, port: int, staff: str, customers: list[str]):
        super().__init__(daemon=True)
        self.boards = [Board(staff, port, "main") for _ in range(BOARDS)]
        self.watchers = [Board(token, port) for token in customers]
        self.begun: set[int] = set()
        self.lock = threading.Lock()

    def run(self) -> None:
        asyncio.run(self.listen())

    async def listen(self) -> None:
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        tasks = [self.loop.create_task(socket.run()) for socket in (*self.boards, *self.watchers)]
        await self.over.wait()
        for task in tasks:
            task.cancel()

    def begin_next(self) -> dict | None:
        with self.lock:
            orders = list(self.boards[0].book.values())
            order = next((one for one in orders if one["id"] not in self.begun and one["status"] == "pending"), None)
            if order is not None:
                self.begun.add(order["id"])
            return order

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.over.set)
        self.join(10)

    def settle(self, orders: dict[int, int]) -> dict:
        """`orders`: the version of every order that is open. Returns the figures; raises Failed when one is missing."""
        began = time.monotonic()
        while any(board.open_orders() != orders for board in self.boards):
            require(time.monotonic() < began + WHOLE, f"{self.missing(orders)} {WHOLE} s later")
            time.sleep(0.05)
        odd = [text for socket in (*self.boards, *self.watchers) for text in socket.odd]
        odd += [f"{key} twice" for socket in (*self.boards, *self.watchers) for key in socket.told_twice]
        require(not odd, f"{len(odd)} frames that should not be, such as {odd[:3]}")
        return {
            "boards, watching customers": [len(self.boards), len(self.watchers)],
            "connections lost": sum(socket.losses for socket in (*self.boards, *self.watchers)),
            "boards whole after, s": round(time.monotonic() - began, 1),
        }

    def missing(self, orders: dict[int, int]) -> str:
        shown = [board.open_orders() for board in self.boards]
        return f"boards show {[len(book) for book in shown]} of {len(orders)} open orders"

    def require_shown(self, promised: set[int], own: dict[str, set[int]]) -> None:
        for board in self.boards:
            missed = promised - board.seen_at.keys()
            require(not missed, f"a board has never shown {len(missed)} of {len(promised)} orders")
        for watcher in self.watchers:
            missed = own[watcher.token] - watcher.seen_at.keys()
            require(not missed, f"a customer was never shown {len(missed)} of {len(own[watcher.token])} own orders")
