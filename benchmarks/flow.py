"""A whole flow: three items into the cart, one by one or by one PUT, and the order; beside plain DRF and FastAPI."""

from collections.abc import Callable
from functools import partial

from benchmarks import Table
from benchmarks.load import Ask, Visitor, expect, request, visit
from benchmarks.placing import CLIENTS, PRODUCT, USER, empty_carts, fill, finish_orders, placing, sign_in
from benchmarks.rounds import Pace, Series, compared, take_turns
from benchmarks.stage import open_stage, perform, processor_seconds
from drills import require
from drills.shop import Process

Filling = Callable[[list[dict], str], Visitor]


def bench(short: bool) -> list[Table]:
    customers = CLIENTS if short else 10 * CLIENTS
    with open_stage(TEND_SECONDS="0") as shop:
        fill(customers)
        tokens = sign_in()
        ours = perform(shop, "web")
        contestants = {
            "CoffeeShop, `PUT /api/cart/`": (ours, at_once),
            "CoffeeShop, three times `POST /api/cart/`": (ours, one_by_one),
            "plain DRF": (perform(shop, "django", RIVAL="ordering"), one_by_one),
            "FastAPI + SQLAlchemy": (perform(shop, "fastapi ordering"), one_by_one),
        }
        spent = {name: Series([]) for name in contestants}
        candidates = {
            name: partial(flows, server, tokens, filling, spent[name])
            for name, (server, filling) in contestants.items()
        }
        series = take_turns(candidates, Pace.of(short))
    title = f"Three items with an option into the cart, and the order, {CLIENTS} clients"
    table = compared(title, series, to=["plain DRF", "FastAPI + SQLAlchemy"], unit="orders/s")
    measured = {name: Series(one.figures[1:]) for name, one in spent.items()}  # the first turn only warmed up
    rows = [[*row, f"{measured[row[0]].median:.1f}"] for row in table.rows]
    return [table._replace(head=[*table.head, "server's ms of processor"], rows=rows)]


def flows(server: Process, tokens: list[str], filling: Filling, spent: Series, _seconds: float) -> float:
    """Orders per second, when every customer fills their cart and orders once. What each took goes to `spent`."""
    empty_carts()
    finish_orders()
    waiting, before = iter(enumerate(tokens)), processor_seconds(server)
    measured = visit(server.port, [customers_of(waiting, filling) for _ in range(CLIENTS)], 120)
    require(len(measured.times["order"]) == len(tokens), "Not everybody ordered")
    spent.figures.append(1000 * (processor_seconds(server) - before) / len(tokens))
    return len(tokens) / measured.seconds


def customers_of(waiting, filling: Filling) -> Visitor:
    for number, token in waiting:
        first = PRODUCT + 3 * ((USER + number) % CLIENTS)
        yield from filling([{"product": first + line, "options": [1], "quantity": 2} for line in range(3)], token)
        order = expect((yield Ask("order", placing(token))), 201).json()
        require([item["quantity"] for item in order["items"]] == [2, 2, 2], f"The order has other items: {order}")
        require(order["total_price"] == "27.00", f"The order costs something else: {order}")


def one_by_one(items: list[dict], token: str) -> Visitor:
    for item in items:
        expect((yield Ask("add", request("POST", "/api/cart/", item, Authorization=token))), 201)


def at_once(items: list[dict], token: str) -> Visitor:
    expect((yield Ask("put", request("PUT", "/api/cart/", {"items": items}, Authorization=token))), 200)
