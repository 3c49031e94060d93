"""Customers with full carts, and a crowd of HTTP clients, for the drills about orders."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection

from drills import Failed
from drills.shop import Process, Shop, open_shop

LONG_SESSIONS = {"ACCESS_TOKEN_SECONDS": "86400"}


@dataclass
class Answer:
    status: int
    body: dict
    is_replay: bool

    @property
    def outcome(self) -> tuple[int, str | None]:
        return self.status, self.body.get("code")


@dataclass
class Caller:
    """Somebody with a token, who opens a connection for each request, as phones do."""

    user: object
    token: str

    def send(self, server: Process, method: str, path: str, body: dict, key: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Connection": "close"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return Answer(response.status, json.loads(text), response.getheader("Idempotency-Replayed") == "true")


def people(number: int, **values) -> list[Caller]:
    from users.models import CustomUser
    from users.tokens import start_family

    first = CustomUser.objects.count()
    names = [f"person{first + place}" for place in range(number)]
    users = [CustomUser(username=name, email=f"{name}@example.com", **values) for name in names]
    return [Caller(user, start_family(user)["access"]) for user in CustomUser.objects.bulk_create(users)]


def administrators(number: int) -> list[Caller]:
    return people(number, role="admin")


def stocked_products(number: int, stock: int) -> list:
    """Rows of the default branch with so much stock each."""
    from products.models import Branch, BranchProduct, Category, Product
    from products.stock import save_branch_product

    branch, category = Branch.objects.get(), Category.objects.get_or_create(name="Drill")[0]
    # They take nobody's time: what is broken here are locks and cables, and not the bar's day.
    values = {"price": "2.50", "category": category, "prep_seconds": 0}
    products = [Product.objects.create(name=f"Product {n}", **values) for n in range(number)]
    rows = [BranchProduct(branch=branch, product=product, stock=stock) for product in products]
    return [save_branch_product(row, changed=[], by=None) for row in rows]


def fill_carts(callers: list[Caller], rows: list, quantity: int = 1) -> None:
    from cart.models import CartItem

    CartItem.objects.bulk_create(
        CartItem(user=caller.user, product=row.product, quantity=quantity) for caller in callers for row in rows
    )


def order(caller: Caller, body: dict | None = None, key: str | None = None) -> Callable[[Process], Answer]:
    return lambda server: caller.send(server, "POST", "/api/orders/", body or {}, key)


class Crowd:
    """So many clients that act at the same moment, spread over the servers."""

    def __init__(self, shop: Shop, size: int):
        self.servers = [process for process in shop.processes if process.kind in {"web", "unlocked"}]
        self.pool = ThreadPoolExecutor(size)

    def at_once(self, calls: list[Callable[[Process], Answer]]) -> list[Answer]:
        together = threading.Barrier(len(calls))

        def run(place: int) -> Answer:
            together.wait(60)
            return calls[place](self.servers[place % len(self.servers)])

        return list(self.pool.map(run, range(len(calls))))

    def one_after_another(self, calls: list[Callable[[Process], Answer]]) -> list[Answer]:
        """Each client takes the next call as soon as it is free."""
        numbered = enumerate(calls)
        return list(self.pool.map(lambda pair: pair[1](self.servers[pair[0] % len(self.servers)]), numbered))


def outcomes(answers: list[Answer]) -> Counter:
    return Counter(answer.outcome for answer in answers)


def run_with_control(
    rounds: Callable[[Shop], dict], *, lock: str, control: Callable[[Shop], dict] | None = None, servers: int = 2
) -> dict:
    """The figures of a sound shop, whose books must balance; then the same without the lock, which must fail."""
    with open_shop(web=servers, **LONG_SESSIONS) as shop:
        figures = rounds(shop)
        figures["books"] = shop.check_integrity()
        start_over_without(lock, shop)
        try:
            (control or rounds)(shop)
            shop.check_integrity()
        except Failed as failure:
            return figures | {"without the lock": str(failure).splitlines()[0]}
    raise Failed("Nothing goes wrong without the lock either: this drill proves nothing.")


def start_over_without(lock: str, shop: Shop) -> None:
    """An empty shop behind servers with one lock off."""
    from django.core.management import call_command

    from products.models import Branch

    for server in shop.web:
        server.end()
        shop.processes.remove(server)
        shop.add("unlocked", UNLOCKED=lock)
    call_command("flush", interactive=False, verbosity=0)
    Branch.objects.create(slug="main", name="CoffeeShop", is_default=True)
    for server in shop.processes:
        server.restart()
