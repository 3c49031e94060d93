"""A customer's whole flow: three items into the cart, one by one or by one PUT, and the order; beside plain DRF."""

from benchmarks import Table
from benchmarks.load import Ask, Visitor, expect, request, visit
from benchmarks.placing import CLIENTS, PRODUCT, USER, empty_carts, fill, placing, sign_in
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import open_stage, perform
from drills import require


def bench(short: bool) -> list[Table]:
    customers = CLIENTS if short else 10 * CLIENTS
    with open_stage(TEND_SECONDS="0") as shop:
        fill(customers)
        tokens = sign_in()
        ours, theirs = perform(shop, "web").port, perform(shop, "django", RIVAL="ordering").port
        candidates = {
            "CoffeeShop, `PUT /api/cart/`": lambda _seconds: flows(ours, tokens, at_once),
            "CoffeeShop, three times `POST /api/cart/`": lambda _seconds: flows(ours, tokens, one_by_one),
            "plain DRF": lambda _seconds: flows(theirs, tokens, one_by_one),
        }
        series = take_turns(candidates, Pace.of(short))
    title = f"Three items with an option into the cart, and the order, {CLIENTS} clients"
    return [compared(title, series, to=["plain DRF"], unit="orders/s")]


def flows(port: int, tokens: list[str], filling) -> float:
    """Orders per second, when every customer fills their cart and orders once."""
    empty_carts()
    waiting = iter(enumerate(tokens))
    measured = visit(port, [customers_of(waiting, filling) for _ in range(CLIENTS)], 120)
    require(len(measured.times["order"]) == len(tokens), "Not everybody ordered")
    return len(tokens) / measured.seconds


def customers_of(waiting, filling) -> Visitor:
    for number, token in waiting:
        first = PRODUCT + 3 * ((USER + number) % CLIENTS)
        yield from filling([{"product": first + line, "options": [1], "quantity": 2} for line in range(3)], token)
        order = expect((yield Ask("order", placing(token))), 201).json()
        require([item["quantity"] for item in order["items"]] == [2, 2, 2], f"The order has other items: {order}")


def one_by_one(items: list[dict], token: str) -> Visitor:
    for item in items:
        expect((yield Ask("add", request("POST", "/api/cart/", item, Authorization=token))), 201)


def at_once(items: list[dict], token: str) -> Visitor:
    expect((yield Ask("put", request("PUT", "/api/cart/", {"items": items}, Authorization=token))), 200)
