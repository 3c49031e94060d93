"""Customers: they browse, order by phone or at the counter, change their minds, come late, and ask."""

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime

from drills.day.bar import Bar, place
from drills.day.chat import CustomerChat
from drills.day.client import Answer, Client, Town
from drills.live import OrdersSocket

AT_THE_COUNTER, BY_ACCOUNT = 0.3, 0.5  # of all, and of those who order by phone
NAMES = ["Anna", "Boris", "Vera", "Lev", "Maria", "Oleg", "Дина", "Егор", "Zoë", "Tom"]
CODES = ["MORNING10", "MORNING10", "FIRST30", "FIRST30", "SUMMER", "COFFE"]  # one is over, one is misspelt
QUESTIONS = ["Где мой заказ?", "Is there oat milk today?", "Can I still add a croissant?", "До скольки вы открыты?"]
TIMEOUT = 90 * 60  # seconds of the day until somebody who waits goes
TRIES = 6  # of placing: what stands in the way is put right each time
OVER = {"completed", "cancelled"}


class Regulars:
    """Accounts, each with one device: whoever is ordering is not ordering a second time."""

    def __init__(self, town: Town, accounts: list):
        self.free = [(account, Client(town, account.token)) for account in accounts]
        self.town = town

    @asynccontextmanager
    async def one(self):
        place = self.town.chance.randrange(len(self.free)) if self.free else None
        if place is None:
            yield None
            return
        pair = self.free.pop(place)
        try:
            yield pair[1]
        finally:
            self.free.append(pair)


class Visit:
    """One customer, from the first look at the menu to the last sip."""

    def __init__(self, town: Town, bars: dict[str, Bar], client: Client):
        self.town, self.bars, self.client, self.chance = town, bars, client, town.chance
        self.branch = self.chance.choice(list(bars))
        self.pickup_at: str | None = None

    # --- At the counter ---------------------------------------------------------------------------------------------

    async def at_the_counter(self) -> None:
        bar = self.bars[self.branch]
        items = self.choose(await self.client.get(f"branches/{self.branch}/menu/"))
        answer = await bar.at_the_till(bar.type_in(self.chance.choice(NAMES), items))
        if not answer.is_good:
            self.go(answer)
            return
        order = answer.body["id"]
        if await bar.board.until(lambda: self.status_on(bar, order) == "ready", self.true(TIMEOUT)):
            await self.take(order, self.branch)

    def status_on(self, bar: Bar, order: int) -> str | None:
        """Status of an order on any board of the bar: it is called out, so everybody hears it."""
        return next((tablet.book[order]["status"] for tablet in bar.tablets if order in tablet.book), None)

    # --- By phone ---------------------------------------------------------------------------------------------------

    async def by_phone(self) -> None:
        await self.browse()
        await self.fill_cart()
        await self.ask_for_less()
        order = await self.order()
        if order is None:
            return
        watch = OrdersSocket(self.client.token, self.town.sockets)
        async with in_background(watch.run()):
            await self.wait_for(order, watch)
        self.town.ledger.odd += watch.odd

    async def browse(self) -> None:
        menu = await self.client.get(f"branches/{self.branch}/menu/")
        for item in self.choose(menu):
            await self.town.pause(3, 15)
            await self.client.get(f"products/{item['product']}/?branch={self.branch}")
        if self.town.is_lucky(0.3):
            await self.client.get(f"branches/{self.branch}/")

    def choose(self, menu: dict) -> list[dict]:
        """One to three cups or pieces of what can be had."""
        products = [product for category in menu["categories"] for product in category["products"]]
        here = [product for product in products if product["is_available"]]
        return [self.configure(product) for product in self.chance.choices(here, k=self.chance.choice([1, 1, 1, 2, 3]))]

    def configure(self, product: dict) -> dict:
        options = []
        for group in product["option_groups"]:
            there = [option["id"] for option in group["options"] if option["is_available"]]
            number = max(group["min_choices"], self.chance.choice([0, 0, min(1, group["max_choices"])]))
            options += self.chance.sample(there, min(number, len(there)))
        quantity = self.chance.choice([1, 1, 1, 1, 2])
        return {"product": product["id"], "quantity": quantity, "options": options}

    async def fill_cart(self) -> None:
        items = self.choose(await self.client.get(f"branches/{self.branch}/menu/"))
        answer = await self.client.ask("PUT", f"cart/?branch={self.branch}", {"items": items})
        if answer.is_good and self.town.is_lucky(0.15):
            await self.change_mind_about(answer.body["items"])
        await self.town.pause(5, 20)

    async def change_mind_about(self, lines: list[dict]) -> None:
        line = self.chance.choice(lines)
        if len(lines) > 1 and self.town.is_lucky(0.5):
            await self.client.ask("DELETE", f"cart/{line['id']}/")
        else:
            await self.client.ask("PATCH", f"cart/{line['id']}/", {"quantity": line["quantity"] % 2 + 1})

    async def ask_for_less(self) -> None:
        if self.town.is_lucky(0.25):
            code = self.chance.choice(CODES)
            cart = await self.client.ask("PUT", f"cart/promo/?branch={self.branch}", {"code": code})
            self.count_problems("promo code", cart)
        stamps = await self.client.ask("GET", "stamps/")
        if stamps.is_good and stamps.body["rewards"]:
            cart = await self.client.ask("PATCH", f"cart/?branch={self.branch}", {"use_reward": True})
            self.count_problems("free cup", cart)

    def count_problems(self, doing: str, cart: Answer) -> None:
        for problem in cart.body.get("problems", ()):
            why = ": ".join(filter(None, (problem["code"], problem.get("reason"))))
            self.town.ledger.refusals[doing, why] += 1

    # --- Placing it -------------------------------------------------------------------------------------------------

    async def order(self) -> int | None:
        if self.town.is_lucky(0.15):
            await self.choose_slot()
        answer = None
        for _ in range(TRIES):
            cart = await self.client.look(f"cart/?branch={self.branch}")
            if not cart["items"]:
                await self.fill_cart()
                continue
            body = {"branch": self.branch, "expected_total": cart["total_price"], "pickup_at": self.pickup_at}
            answer = await place(self.client, body)
            if answer.is_good:
                return answer.body["id"]
            if not await self.put_right(answer):
                break
            await self.town.pause(5, 20)
        self.go(answer)
        return None

    async def choose_slot(self) -> None:
        slots = (await self.client.look(f"branches/{self.branch}/slots/")).get("slots", [])
        within = [slot for slot in slots[2:] if self.is_today(slot)]
        self.pickup_at = self.chance.choice(within[:12]) if within else None

    def is_today(self, slot: str) -> bool:
        return datetime.fromisoformat(slot) < self.town.plan.closes_at

    async def put_right(self, refusal: Answer) -> bool:
        """React to a refusal; True when it makes sense to try once more."""
        match refusal.code:
            case "cart_has_problems":
                for problem in refusal.body["problems"]:
                    await self.give_up(problem)
            case "slot_full":
                self.pickup_at = refusal.body["next_at"]
                return bool(self.pickup_at) and self.is_today(self.pickup_at)
            case "branch_paused" if len(self.bars) > 1 and self.town.is_lucky(0.5):
                self.branch = self.chance.choice([slug for slug in self.bars if slug != self.branch])
            case "branch_paused":
                await self.choose_slot()
                return self.pickup_at is not None
            case "total_changed":
                pass
            case _:
                return False
        return True

    async def give_up(self, problem: dict) -> None:
        """Remove the part of the cart that has the problem."""
        if problem["code"] == "promo_not_applicable":
            await self.client.ask("DELETE", "cart/promo/")
        elif problem["code"] == "reward_not_applicable":
            await self.client.ask("PATCH", "cart/", {"use_reward": False})
        elif problem["item"] is not None:
            await self.client.ask("DELETE", f"cart/{problem['item']}/")

    def go(self, refusal: Answer | None) -> None:
        self.town.ledger.gone[refusal.code if refusal else "nothing that they like"] += 1

    # --- Waiting for it ---------------------------------------------------------------------------------------------

    async def wait_for(self, order: int, watch: OrdersSocket) -> None:
        if self.town.is_lucky(0.12):
            await self.change_mind(order)
        async with asyncio.TaskGroup() as meanwhile:
            if self.town.is_lucky(0.15):
                meanwhile.create_task(self.chat())
            status = await self.see(order, watch, {"ready", *OVER})
            if status is None:
                self.town.ledger.odd.append(f"order {order} was not ready in {TIMEOUT // 60} minutes")
            elif status == "ready" and await self.come(order):
                await self.see(order, watch, OVER)

    async def see(self, order: int, watch: OrdersSocket, wanted: set[str]) -> str | None:
        """Until the phone shows one of these."""

        def status() -> str | None:
            return watch.book.get(order, {}).get("status")

        return status() if await watch.until(lambda: status() in wanted, self.true(TIMEOUT)) else None

    async def change_mind(self, order: int) -> None:
        await self.town.pause(5, 60)
        if self.town.is_lucky(0.5) or len(self.bars) == 1:
            answer = await self.client.ask("PATCH", f"orders/{order}/", {"status": "cancelled"})
        else:
            where = self.chance.choice([slug for slug in self.bars if slug != self.branch])
            answer = await self.client.ask("POST", f"orders/{order}/move/", {"branch": where})
        if answer.is_good:
            self.branch = self.town.ledger.note(answer.body)["branch"]

    async def come(self, order: int) -> bool:
        """Most come within two minutes, some let it get cold. Returns whether they took it."""
        late = 10 * 60 if self.town.is_lucky(0.1) else 0
        await self.town.pause(20 + late, 120 + late)
        if self.town.is_lucky(0.02):
            answer = await self.client.ask("POST", f"orders/{order}/missing/")
            if answer.is_good:
                self.town.ledger.note(answer.body)
        return not self.town.is_lucky(0.01) and await self.take(order, self.branch)

    async def take(self, order: int, branch: str) -> bool:
        """Stand at the till until it is handed over: the bar may have taken it back meanwhile."""
        bar = self.bars[branch]
        for _ in range(TRIES):
            if await bar.at_the_till(bar.hand_over(order)):
                self.town.ledger.earn(order)
                return True
            await self.town.pause(20, 60)
        return False

    async def chat(self) -> None:
        chat = CustomerChat(self.client.token, self.town)
        async with in_background(chat.run()):
            await chat.ask(self.chance.choice(QUESTIONS))
        self.town.ledger.odd += chat.odd

    def true(self, seconds: float) -> float:
        return seconds / self.town.clock.speed


@asynccontextmanager
async def in_background(work):
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def come_in(town: Town, bars: dict[str, Bar], regulars: Regulars) -> None:
    """Somebody comes to order."""
    if town.is_lucky(AT_THE_COUNTER):
        await Visit(town, bars, Client(town)).at_the_counter()
        return
    if town.is_lucky(BY_ACCOUNT):
        async with regulars.one() as client:
            if client is not None:
                await Visit(town, bars, client).by_phone()
                return
    guest = Client(town)
    answer = await guest.ask("POST", "users/guest/", {"name": town.chance.choice(NAMES)})
    if answer.is_good:
        guest.token = answer.body["access"]
        await Visit(town, bars, guest).by_phone()
