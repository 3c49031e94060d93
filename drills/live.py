"""Clients of our sockets that come back by themselves, as the contract tells clients to do it."""

import asyncio
import json
import time
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

LOST = (WebSocketException, OSError, EOFError, TimeoutError)
REFUSED = range(4400, 4500)  # closed with a code that a client has to do something about
PAUSE = 0.2  # seconds before a client comes back
ENDED = {"completed", "cancelled"}


class LiveSocket:
    """Reconnects until it is cancelled. `take` is given every frame, `odd` has what should never have come."""

    subprotocol = ""

    def __init__(self, token: str, port: int, path: str):
        self.token, self.port, self.path = token, port, path
        self.socket: ClientConnection | None = None
        self.received = asyncio.Event()  # after every frame
        self.odd: list[str] = []
        self.losses = 0

    async def run(self) -> None:
        while True:
            with suppress(*LOST):
                await self.listen()
            if self.socket is not None:  # else there was nobody to connect to
                self.losses, self.socket = self.losses + 1, None
            await asyncio.sleep(PAUSE)

    async def listen(self) -> None:
        offer = [self.subprotocol, f"bearer.{self.token}"]
        options = {"proxy": None, "compression": None, "max_size": None, "max_queue": None, "open_timeout": 10}
        async with connect(f"ws://127.0.0.1:{self.port}{self.path}", subprotocols=offer, **options) as self.socket:
            self.begin()
            async for text in self.socket:
                await self.take(json.loads(text))
                self.received.set()

    def begin(self) -> None:
        """Called for each new connection."""

    async def take(self, frame: dict) -> None:
        raise NotImplementedError

    async def say(self, kind: str, **fields) -> None:
        """Into the open connection, if there is one: who comes back begins anew."""
        if self.socket is not None:
            await self.socket.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def until(self, holds, seconds: float) -> bool:
        """Wait for the frame after which it holds, at most so long. Returns whether it does."""
        deadline = time.monotonic() + seconds
        while not holds() and (left := deadline - time.monotonic()) > 0:
            self.received.clear()
            try:
                await asyncio.wait_for(self.received.wait(), min(left, 1))
            except TimeoutError:
                continue
        return bool(holds())

    def cut(self) -> None:
        if self.socket is not None:
            self.socket.transport.abort()

    def fall_asleep(self) -> None:
        """The device takes nothing any more, and tells nobody."""
        if self.socket is not None:
            self.socket.transport.pause_reading()


class OrdersSocket(LiveSocket):
    """Live orders: a customer's own, or with a branch its board.

    Of two pictures of an order the one with the higher version counts; after every connection the whole picture takes
    the place of the old one. A client that `believes_events_only` leaves that out, and has to miss something.
    """

    subprotocol = "orders.v1"

    def __init__(self, token: str, port: int, branch: str | None = None, *, believes_events_only: bool = False):
        super().__init__(token, port, "/ws/orders/" + (f"?branch={branch}" if branch else ""))
        self.branch, self.believes_events_only = branch, believes_events_only
        self.book: dict[int, dict] = {}  # the newest picture of every order it knows
        self.seen_at: dict[int, float] = {}
        self.proven_at, self.open_there = time.monotonic(), 0
        self.heard: set[tuple[int, int]] = set()  # versions that this connection was told
        self.told_twice: list[tuple[int, int]] = []

    def begin(self) -> None:
        self.heard = set()

    async def take(self, frame: dict) -> None:
        match frame["type"]:
            case "ready" if not self.believes_events_only:
                await self.begin_anew(frame["orders"])
            case "order":
                await self.hear(frame["order"])
            case "alive":
                self.proven_at, self.open_there = time.monotonic(), frame["open"]

    async def begin_anew(self, orders: list[dict]) -> None:
        if len(orders) != len({order["id"] for order in orders}):
            self.odd.append("a picture has an order twice")
        self.book = {}
        for order in orders:
            await self.put(order)
        self.proven_at = time.monotonic()

    async def hear(self, order: dict) -> None:
        key = order["id"], order["version"]
        if key in self.heard:
            self.told_twice.append(key)
        self.heard.add(key)
        await self.put(order)

    async def put(self, order: dict) -> None:
        known = self.book.get(order["id"])
        if known is None or known["version"] < order["version"]:
            self.book[order["id"]] = order
        if order["id"] not in self.seen_at:
            self.seen_at[order["id"]] = time.monotonic()
            await self.show(order)

    async def show(self, order: dict) -> None:
        """Called once for each order. A board says that it is seen now."""

    def open_orders(self) -> dict[int, int]:
        """The version of every open order; of a board those of its branch, which some have left."""
        return {
            pk: order["version"]
            for pk, order in self.book.items()
            if order["status"] not in ENDED and self.branch in (None, order["branch"])
        }
