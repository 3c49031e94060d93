"""A branch at work: two tablets with its board, baristas who make cup by cup, and somebody at the till."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from drills.day.chain import Account, new_key
from drills.day.client import Answer, Client, Town
from drills.live import OrdersSocket

RESTS = timedelta(minutes=6)  # before its time a scheduled order is begun
SECONDS_OF_A_CUP = 60  # as the menu has them
WORK = {"pending", "accepted", "preparing"}
LOOK = 2  # seconds of the day between two looks at the board


class Tablet(OrdersSocket):
    """Says of every order it shows that it is seen."""

    def __init__(self, name: str, account: Account, town: Town, branch: str):
        super().__init__(account.token, town.sockets, branch)
        self.name, self.is_asleep, self.delays, self.town = name, False, [], town

    async def show(self, order: dict) -> None:
        late = self.town.clock.time() - datetime.fromisoformat(order["created_at"]).timestamp()
        self.delays.append(late / self.town.clock.speed)
        if order["seen_at"] is None:
            await self.say("seen", order=order["id"], version=order["version"])

    def tickets(self) -> list[dict]:
        here = [one for one in self.book.values() if one["branch"] == self.branch and one["status"] in WORK]
        return sorted(here, key=lambda order: order["promised_at"] or order["created_at"])


class Bar:
    def __init__(self, slug: str, staff: list[Account], town: Town):
        self.slug, self.town = slug, town
        self.tablets = [Tablet(f"{slug}-{place}", staff[0], town, slug) for place in ("bar", "till")]
        self.maker, self.till = (Client(town, account.token) for account in staff)
        self.begun: Counter[int] = Counter()  # cups of each line that somebody has in hand, or has made
        self.made: Counter[int] = Counter()
        self.hands: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)  # one taps on a ticket at a time
        self.refused: set[tuple[int, int]] = set()  # what nobody taps again until the board shows it anew
        self.queue: asyncio.Queue = asyncio.Queue()  # who stands at the till

    @property
    def board(self) -> Tablet:
        """Whoever finds the first one dark looks at the other."""
        return next((tablet for tablet in self.tablets if not tablet.is_asleep), self.tablets[0])

    async def work(self) -> None:
        async with asyncio.TaskGroup() as shift:
            for tablet in self.tablets:
                shift.create_task(tablet.run())
            for _ in range(self.town.plan.baristas):
                shift.create_task(self.make_cups())
            shift.create_task(self.accept_orders())
            shift.create_task(self.serve())

    def tickets(self) -> list[dict]:
        return [one for one in self.board.tickets() if (one["id"], one["version"]) not in self.refused]

    # --- At the bar -------------------------------------------------------------------------------------------------

    async def accept_orders(self) -> None:
        while True:
            await self.town.pause(LOOK, 3 * LOOK)
            for order in self.tickets():
                if order["status"] == "pending":
                    await self.town.pause(1, 4)
                    await self.move(self.maker, order, status="accepted")

    async def make_cups(self) -> None:
        """One barista: always the next cup of the ticket that is due first, as the promises count on it."""
        while True:
            cup = next(self.cups(), None)
            if cup is None:
                await self.town.pause(LOOK, 2 * LOOK)
            else:
                await self.make(*cup)

    def cups(self) -> Iterator[tuple[dict, dict]]:
        """Tickets and lines with a cup that nobody has begun."""
        for order in filter(self.is_due, self.tickets()):
            for item in order["items"]:
                if max(self.begun[item["id"]], item["made"]) < item["quantity"]:
                    yield order, item

    def is_due(self, order: dict) -> bool:
        due = datetime.fromisoformat(order["promised_at"] or order["created_at"])
        return due - self.town.clock.now() <= self.horizon(order)

    def horizon(self, order: dict) -> timedelta:
        if order["pickup_at"] is None:
            return timedelta(days=1)  # wanted as soon as possible
        return RESTS + timedelta(seconds=SECONDS_OF_A_CUP * sum(item["quantity"] for item in order["items"]))

    async def make(self, order: dict, item: dict) -> None:
        line = item["id"]
        self.begun[line] = max(self.begun[line], item["made"]) + 1
        async with self.hands[order["id"]]:
            if order["status"] == "pending":
                await self.move(self.maker, order, status="accepted")
        await self.town.clock.sleep(self.seconds())
        async with self.hands[order["id"]]:
            made = max(self.made[line], item["made"]) + 1
            answer = await self.tap(order, item, made)
            if not answer.is_good:  # cancelled meanwhile, or moved to another branch
                self.begun[line] -= 1
                self.refused.add((order["id"], order["version"]))
                return
            self.made[line] = made
            if answer.body["status"] == "ready" and self.town.is_lucky(0.02):
                await self.take_back(order, item)

    def seconds(self) -> float:
        """Of a cup: most go a little faster than planned, some need much longer."""
        return SECONDS_OF_A_CUP * min(2.5, self.town.chance.lognormvariate(-0.25, 0.3))

    async def tap(self, order: dict, item: dict, made: int) -> Answer:
        """A cup is made, or taken back."""
        answer = await self.maker.ask("PATCH", f"orders/{order['id']}/items/{item['id']}/", {"made": made})
        if answer.is_good and self.town.is_lucky(0.03):  # an impatient finger
            answer = await self.maker.ask("PATCH", f"orders/{order['id']}/items/{item['id']}/", {"made": made})
        if answer.is_good:
            self.town.ledger.note(answer.body)
        return answer

    async def take_back(self, order: dict, item: dict) -> None:
        """Called "ready" too early: the last cup was another one's, and is made again."""
        await self.town.pause(3, 10)
        if (await self.tap(order, item, item["quantity"] - 1)).is_good:
            self.made[item["id"]] = self.begun[item["id"]] = item["quantity"] - 1

    # --- At the till --------------------------------------------------------------------------------------------------

    async def serve(self) -> None:
        while True:
            errand, done = await self.queue.get()
            done.set_result(await errand)

    async def at_the_till(self, errand) -> object:
        """Stand in the queue until it is done."""
        done = asyncio.get_running_loop().create_future()
        self.queue.put_nowait((errand, done))
        return await done

    async def type_in(self, name: str, items: list[dict]) -> Answer:
        await self.town.pause(10, 25)
        body = {"channel": "counter", "branch": self.slug, "customer_name": name, "items": items, "is_paid": True}
        return await place(self.till, body)

    async def hand_over(self, order_id: int) -> bool:
        """Paid, and over the counter. Not while the bar has taken it back."""
        await self.town.pause(4, 12)
        path = f"orders/{order_id}/"
        for change in ({"is_paid": True}, {"status": "completed"}):
            answer = await self.till.ask("PATCH", path, change)
            if not answer.is_good:
                return False
            self.town.ledger.note(answer.body)
        return True

    async def move(self, client: Client, order: dict, **change: str) -> Answer:
        answer = await client.ask("PATCH", f"orders/{order['id']}/", change)
        if answer.is_good:
            self.town.ledger.note(answer.body)
        else:
            self.refused.add((order["id"], order["version"]))
        return answer

    async def close(self) -> None:
        """Cancel the orders that nobody came for."""
        for order in [one for one in self.board.book.values() if one["id"] in self.board.open_orders()]:
            await self.move(self.till, order, status="cancelled", cancel_reason="Nobody came for it")


async def place(client: Client, body: dict) -> Answer:
    """Once, however often it has to be said."""
    ledger, key = client.town.ledger, new_key()
    ledger.keys[key] = None
    answer = await client.ask("POST", "orders/", body, key=key)
    if answer.is_good:
        ledger.keys[key] = ledger.note(answer.body)["id"]
    elif answer.status is not None and answer.status < 500:
        del ledger.keys[key]  # refused: nothing was promised
    return answer
