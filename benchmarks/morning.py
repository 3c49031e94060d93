"""A busy morning: people browse, fill carts, order, talk and serve at once, with 1, 2 and 4 workers, and all in one."""

import asyncio
import itertools
import random
import time
import uuid

from benchmarks import Table, machine
from benchmarks.load import Ask, Measured, Visitor, expect, percentile, request, visiting
from benchmarks.stage import open_stage, perform
from benchmarks.talk import Client, Floor, Person, Place, write
from drills import Failed
from drills.shop import Process

BROWSERS, CUSTOMERS, BARISTAS, TALKERS = 12, 12, 2, 20
PAUSE = 0.5  # seconds between two messages of one who talks
ROUTES = ["menu", "list", "search", "product", "add to cart", "cart", "order", "own orders", "queue", "next status"]


def bench(short: bool) -> list[Table]:
    seconds = 2 if short else 20
    columns: dict[str, Measured] = {}
    chats: dict[str, list[float]] = {}
    with open_stage() as shop:
        cast = Cast()
        chat = perform(shop, "ws")
        chats["HTTP idle"] = asyncio.run(morning(None, chat, cast, seconds))[1]
        for workers in (1, 2, 4):
            name = f"{workers} worker{'s' * (workers > 1)}"
            web = perform(shop, "web", cores=machine.CORES, WEB_CONCURRENCY=str(workers))
            columns[name], chats[name] = asyncio.run(morning(web, chat, cast, seconds))
            web.end()
        columns["all in one daphne"], chats["all in one daphne"] = asyncio.run(morning(chat, chat, cast, seconds))
    return [by_route(columns), chat_times(chats)]


class Cast:
    """Customers, talkers and staff of the morning."""

    def __init__(self):
        from benchmarks.fill import bearer, fill_catalogue, people
        from products.models import Product
        from support.models import Conversation
        from users.models import Role

        fill_catalogue(100)
        self.products = list(Product.objects.filter(branch_products__stock__gt=0).values_list("pk", flat=True))
        self.customers = [bearer(customer) for customer in people(CUSTOMERS)]
        self.baristas = [bearer(barista) for barista in people(BARISTAS, Role.ADMIN)]
        conversations = Conversation.objects.bulk_create(Conversation(customer=one) for one in people(TALKERS))
        self.talkers = [Person(bearer(one.customer).removeprefix("Bearer "), one.pk) for one in conversations]

    def visitors(self) -> list[Visitor]:
        return [
            *(browser(random.Random(number), self.products) for number in range(BROWSERS)),
            *(customer(random.Random(number), self.products, token) for number, token in enumerate(self.customers)),
            *map(barista, self.baristas),
        ]


def browser(chance: random.Random, products: list[int]) -> Visitor:
    while True:
        expect((yield Ask("menu", request("GET", "/api/branches/main/menu/"))), 200)
        expect((yield Ask("list", request("GET", f"/api/products/?page={chance.randint(1, 5)}"))), 200)
        expect((yield Ask("search", request("GET", f"/api/products/?search={chance.randrange(256):02x}"))), 200)
        for _ in range(3):
            expect((yield Ask("product", request("GET", f"/api/products/{chance.choice(products)}/"))), 200)


def customer(chance: random.Random, products: list[int], token: str) -> Visitor:
    while True:
        for product in chance.sample(products, 2):
            line = {"product": product, "quantity": 2}
            answer = yield Ask("add to cart", request("POST", "/api/cart/", line, Authorization=token))
            expect(answer, 200 if answer.status == 200 else 201)
        cart = expect((yield Ask("cart", request("GET", "/api/cart/", Authorization=token))), 200).json()
        total = {"expected_total": cart["total_price"]}
        key = str(uuid.uuid4())
        payload = request("POST", "/api/orders/", total, Authorization=token, Idempotency_Key=key)
        order = expect((yield Ask("order", payload)), 201).json()
        if order["total_price"] != cart["total_price"]:
            raise Failed(f"The order costs {order}, the cart was {cart}")
        expect((yield Ask("own orders", request("GET", "/api/orders/", Authorization=token))), 200)


def barista(token: str) -> Visitor:
    """Takes what has waited, one status further each time; a colleague may have been faster."""
    steps = itertools.cycle([("pending", "accepted"), ("accepted", "preparing"), ("preparing", "ready")])
    for old, new in steps:
        queue = request("GET", f"/api/orders/?status={old}&ordering=created_at&page_size=5", Authorization=token)
        for order in expect((yield Ask("queue", queue)), 200).json()["results"]:
            change = request("PATCH", f"/api/orders/{order['id']}/", {"status": new}, Authorization=token)
            answer = yield Ask("next status", change)
            expect(answer, 409 if answer.status == 409 else 200)


async def morning(
    web: Process | None, chat: Process, cast: Cast, seconds: float
) -> tuple[Measured | None, list[float]]:
    """Measure HTTP, where there is a server for it, and the seconds until each message was acknowledged."""
    floor = await Floor.open(Place(chat.port, True), cast.talkers, [])
    times: list[float] = []
    talk = asyncio.gather(*(talking(talker, times, seconds) for talker in floor.customers))
    measured = await visiting([web.port], cast.visitors(), seconds) if web else None
    await talk
    await floor.close()
    return measured, times


async def talking(talker: Client, times: list[float], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        await write(talker)
        times.append(time.perf_counter() - began)
        await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))


def by_route(columns: dict[str, Measured]) -> Table:
    head = ["p50 / p95 / p99 in ms", *columns]
    rows = [[route, *(percentiles(one.times[route]) for one in columns.values())] for route in ROUTES]
    rows.append(["requests/s, all routes", *(f"{one.rate:,.0f}" for one in columns.values())])
    people = f"{BROWSERS} browse, {CUSTOMERS} order, {BARISTAS} serve, {TALKERS} talk; nobody pauses but those who talk"
    return Table(people, head, rows)


def chat_times(chats: dict[str, list[float]]) -> Table:
    rows = [[name, percentiles(times), f"{len(times):,}"] for name, times in chats.items()]
    return Table("Until a message is acknowledged, meanwhile", ["", "p50 / p95 / p99 in ms", "messages"], rows)


def percentiles(times: list[float]) -> str:
    if not times:
        return ""
    return " / ".join(f"{1000 * percentile(times, percent):,.0f}" for percent in (50, 95, 99))
