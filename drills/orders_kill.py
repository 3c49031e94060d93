"""kill -9 of the server at random moments under load, 100 times: no half order, none missing, no stuck key."""

import random
import threading
import time
from http.client import HTTPException

from drills import Failed, require
from drills.orders_tools import Answer, Caller, people, run_with_control, stocked_products
from drills.shop import Process, Shop

CLIENTS = 12
PRICE = "5.00"  # two pieces


def drill(short: bool) -> dict:
    kills = 5 if short else 100
    return run_with_control(
        lambda shop: kill_under_load(shop, kills),
        lock="commit",
        control=lambda shop: kill_under_load(shop, 15),
        servers=1,
    )


def kill_under_load(shop: Shop, kills: int) -> dict:
    (server,) = shop.processes
    rows, over = stocked_products(4, 10**6), threading.Event()
    customers = [Customer(server, caller, rows, over) for caller in people(CLIENTS)]
    for customer in customers:
        customer.start()
    chance = random.Random()  # noqa: S311 - a moment nobody can foresee
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 1.0))
            server.kill()
            server.restart()
    finally:
        over.set()
        for customer in customers:
            customer.join(120)
    require(not any(customer.is_alive() for customer in customers), "a customer never got an answer")
    return books(shop, customers, kills)


def books(shop: Shop, customers: list["Customer"], kills: int) -> dict:
    from cart.models import CartItem
    from orders.models import Order

    if complaint := next((customer.complaint for customer in customers if customer.complaint), None):
        raise Failed(complaint)
    placed = [pk for customer in customers for pk in customer.orders]
    missing = set(placed) - set(Order.objects.values_list("pk", flat=True))
    require(not missing, f"acknowledged and missing: {sorted(missing)}")
    number = Order.objects.count()
    require(number == len(placed) == len(set(placed)), f"{number} orders for {len(placed)} keys")
    require(not CartItem.objects.exists(), "a cart was ordered and kept")
    repeated = sum(customer.repeated for customer in customers)
    replayed = sum(customer.replayed for customer in customers)
    return {"kills": kills, "orders": len(placed), "repeated": repeated, "done before the kill": replayed}


class Customer(threading.Thread):
    """Fills the cart and orders it, over and over; repeats with the same key whatever was not answered."""

    def __init__(self, server: Process, caller: Caller, rows: list, over: threading.Event):
        super().__init__(daemon=True)
        self.server, self.caller, self.rows, self.over = server, caller, rows, over
        self.orders: list[int] = []
        self.repeated = self.replayed = 0
        self.complaint = ""

    def run(self) -> None:
        number = 0
        while not self.over.is_set() and not self.complaint:
            number += 1
            row = self.rows[number % len(self.rows)]
            self.insist("/api/cart/", {"product": row.product_id, "quantity": 2}, f"cart-{number}")
            order = self.insist("/api/orders/", {"expected_total": PRICE}, f"order-{number}")
            if order:
                self.orders.append(order.body["id"])

    def insist(self, path: str, body: dict, key: str) -> Answer | None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                answer = self.caller.send(self.server, "POST", path, body, key=key)
            except (OSError, HTTPException, ValueError):  # nobody there, or cut off
                self.repeated += 1
                time.sleep(0.05)
                continue
            if answer.status == 503:  # a killed request still holds its locks
                time.sleep(0.2)
                continue
            self.replayed += answer.is_replay
            if answer.status != 201:
                self.complaint = f"{path} {key}: {answer.status} {answer.body}"
                return None
            return answer
        self.complaint = f"{path} {key}: no answer for a minute and a half"
        return None
