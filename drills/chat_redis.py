"""Redis is stopped, flushed and restarted under chat: no HTTP error, no message lost, none later than 15 seconds.

A customer at one daphne and staff at another; messages go by socket in both directions and over HTTP all the time. At
a third one a device only listens, so that nothing but events from the others, or reconciliation, can wake it.
"""

import asyncio
import time
import uuid

from drills import require
from drills.chat import LONG, UNLIMITED, ask, compare_books, hear, make_people, say, socket_of, write
from drills.shop import Shop, open_shop

LATEST = 15.0


def drill(short: bool) -> dict:
    seconds = 5 if short else 20
    with open_shop(ws=3, **LONG, **UNLIMITED) as shop:
        (customer,), (staff,) = make_people(1), make_people(1, is_staff=True)
        talk = Talk(shop, customer, staff)
        asyncio.run(talk.run(seconds))
        total = compare_books([customer], shop)
        require(total == len(talk.sent), f"{total} messages are stored, {len(talk.sent)} were sent")
    figures = {"messages": total, "over HTTP": talk.posts, "HTTP errors": 0, "lost or out of order": 0}
    return figures | {f"latest message while Redis {what}, s": f"{late:.2f}" for what, late in talk.latest.items()}


class Talk:
    def __init__(self, shop: Shop, customer, staff):
        self.shop, self.customer, self.staff = shop, customer, staff
        self.sent: dict[str, float] = {}  # when each message was sent, by its client_id
        self.heard: dict[str, list[str]] = {"customer": [], "staff": [], "tablet": []}
        self.latest: dict[str, float] = {}
        self.phase, self.posts, self.is_over = "works", 0, False

    async def run(self, seconds: float) -> None:
        one, other, third = self.shop.ws
        async with (
            socket_of(self.customer, one) as customer,
            socket_of(self.staff, other) as staff,
            socket_of(self.customer, third) as tablet,
        ):
            await say(staff, "subscribe", conversation=self.customer.conversation, after=0)
            async with asyncio.TaskGroup() as tasks:
                listeners = [
                    tasks.create_task(self.listen(customer, "customer")),
                    tasks.create_task(self.listen(staff, "staff")),
                    tasks.create_task(self.listen(tablet, "tablet")),
                ]
                writers = [
                    tasks.create_task(self.keep_writing(customer)),
                    tasks.create_task(self.keep_writing(staff, conversation=self.customer.conversation)),
                    tasks.create_task(self.keep_posting()),
                ]
                await self.break_redis(seconds)
                self.is_over = True
                await asyncio.wait(writers)
                deadline = time.monotonic() + LATEST
                while any(len(heard) < len(self.sent) for heard in self.heard.values()):
                    require(time.monotonic() < deadline, "not every message was heard")
                    await asyncio.sleep(0.05)
                for listener in listeners:
                    listener.cancel()

    async def break_redis(self, seconds: float) -> None:
        redis = self.shop.redis
        for phase, act in (
            ("works", None),
            ("is stopped", redis.stop),
            ("is back", redis.start),
            ("was flushed", lambda: redis.ask("FLUSHALL")),
            ("was restarted", lambda: (redis.stop(), redis.start())),
        ):
            self.phase = phase
            if act is not None:
                await asyncio.to_thread(act)
            await asyncio.sleep(seconds)

    async def keep_writing(self, socket, **fields) -> None:
        while not self.is_over:
            client_id = await write(socket, "ещё одно", **fields)
            self.sent.setdefault(client_id, time.monotonic())
            await asyncio.sleep(0.05)

    async def keep_posting(self) -> None:
        path = f"/api/support/conversations/{self.customer.conversation}/messages/"
        while not self.is_over:
            client_id = str(uuid.uuid4())
            self.sent[client_id] = time.monotonic()
            await asyncio.to_thread(ask, self.customer, self.shop.ws[1], path, {"client_id": client_id, "text": "HTTP"})
            self.posts += 1
            await asyncio.sleep(0.2)

    async def listen(self, socket, side: str) -> None:
        heard, seq = self.heard[side], 0
        while True:
            frame = await hear(socket)
            require(frame["seq"] == seq + 1, f"{side} heard {frame['seq']} after {seq}")
            seq = frame["seq"]
            heard.append(frame["client_id"])
            late = time.monotonic() - self.sent.get(frame["client_id"], time.monotonic())
            require(late <= LATEST, f"a message came {late:.1f} s late while Redis {self.phase}")
            self.latest[self.phase] = max(self.latest.get(self.phase, 0.0), late)
