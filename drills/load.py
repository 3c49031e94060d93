"""Customers who order without a pause, repeat what was not answered, and remember all that was promised to them."""

import json
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from drills import require

AWAY = {None, 503}  # no answer at all, or one that says to come back: repeat the same
WAIT = 0.2  # seconds before a repetition
CLIENT_PATIENCE = 15  # seconds for an answer


@dataclass
class Customer(threading.Thread):
    """Adds to the cart and orders, over and over; every request is repeated, by its key, until it is answered."""

    port: int
    token: str
    product: int
    pause: float = 0.0
    keys: list[str] = field(default_factory=list)
    orders: dict[str, int] = field(default_factory=dict)  # key: id, as acknowledged
    answers: list[tuple[float, int | None, float]] = field(default_factory=list)  # when, status, seconds
    odd: list[str] = field(default_factory=list)
    link: HTTPConnection | None = None

    def __post_init__(self):
        super().__init__(daemon=True)
        self.is_wanted = True

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while self.is_wanted:
            self.keys.append(key := uuid.uuid4().hex)
            self.order(key)
            time.sleep(self.pause)

    def order(self, key: str) -> None:
        self.ask("/api/cart/", {"product": self.product}, f"cart-{key}", {200, 201})
        placed = self.ask("/api/orders/", {}, key, {201})
        if placed is not None:
            self.orders[key] = placed["id"]

    def ask(self, path: str, body: dict, key: str, wanted: set[int]) -> dict | None:
        """What is answered in the end. Gives up only when the load is over, or on an answer that is no promise."""
        while True:
            status, text = self.send(path, body, key)
            if status in wanted:
                return json.loads(text)
            if status not in AWAY:
                self.odd.append(f"{path} {status} {text[:200]!r}")
                return None
            if not self.is_wanted:
                return None
            time.sleep(WAIT)

    def send(self, path: str, body: dict, key: str) -> tuple[int | None, bytes]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        began = time.monotonic()
        try:
            if self.link is None:
                self.link = HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_PATIENCE)
            self.link.request("POST", path, json.dumps(body), headers)
            response = self.link.getresponse()
            status, text = response.status, response.read()
        except (OSError, HTTPException):
            self.link, status, text = None, None, b""
        self.answers.append((time.monotonic(), status, time.monotonic() - began))
        return status, text


class Load:
    """`with Load(port, customers=8) as load:` orders until the block ends, and then settles what is open."""

    def __init__(self, port: int, customers: int, pause: float = 0.0):
        product, tokens = make_product(), make_tokens(customers)
        self.users = list(tokens)
        self.customers = [Customer(port, token, product, pause) for token in tokens.values()]

    def __enter__(self) -> "Load":
        for customer in self.customers:
            customer.start()
        self.wait_for_progress(time.monotonic())
        return self

    def __exit__(self, *how) -> None:
        for customer in self.customers:
            customer.is_wanted = False
        for customer in self.customers:
            customer.join(60)

    def wait_for_progress(self, since: float, patience: float = 60) -> float:
        """Until every customer got something done after `since`. Returns how many seconds the last one needed."""
        deadline = time.monotonic() + patience
        while True:
            firsts = [
                next((when for when, status, _ in reversed_until(customer.answers, since) if is_good(status)), None)
                for customer in self.customers
            ]
            if None not in firsts:
                return round(max(firsts) - since, 1)
            require(time.monotonic() < deadline, f"{firsts.count(None)} customers are stuck {patience} s later")
            time.sleep(0.05)

    def settle(self) -> dict:
        """After the block: what was promised is there, once. Returns the figures; raises Failed otherwise."""
        from django.db import connection

        from orders.models import Order

        odd = [text for customer in self.customers for text in customer.odd]
        require(not odd, f"{len(odd)} answers that should not be, such as {odd[:3]}")
        for customer in self.customers:  # what was never answered has happened, or not; the same key tells
            customer.is_wanted = True
            for key in customer.keys:
                if key not in customer.orders:
                    customer.order(key)
        promised = [order for customer in self.customers for order in customer.orders.values()]
        connection.close()  # it may be to a server that was broken meanwhile
        stored = set(Order.objects.filter(user__in=self.users).values_list("pk", flat=True))
        require(set(promised) <= stored, f"{len(set(promised) - stored)} acknowledged orders are lost")
        require(len(promised) == len(set(promised)) == len(stored), f"{len(stored)} orders for {len(promised)} keys")
        return self.figures() | {"orders": len(promised)}

    def figures(self) -> dict:
        answers = [answer for customer in self.customers for answer in customer.answers]
        statuses = Counter("no answer" if status is None else status for _, status, _ in answers)
        took = sorted(seconds for _, status, seconds in answers if is_good(status))
        return {
            "answers": dict(sorted(statuses.items(), key=str)),
            "median, 99 %, longest ms": [round(took[int(len(took) * part)] * 1000) for part in (0.5, 0.99)]
            + [round(took[-1] * 1000)],
        }


def is_good(status: int | None) -> bool:
    return status is not None and status < 500


def reversed_until(answers: list, since: float) -> list:
    """The answers after `since`, in their order."""
    found = []
    for answer in reversed(answers.copy()):
        if answer[0] < since:
            break
        found.append(answer)
    return found[::-1]


def make_product() -> int:
    """With a stock that is counted and does not run out."""
    from django.db import connection

    from products.models import Branch, BranchProduct, Category, Product
    from products.stock import save_branch_product

    connection.close()  # it may be to a server that was broken meanwhile
    product = Product.objects.create(
        name=f"Drill {uuid.uuid4().hex[:8]}",
        price="2.50",
        prep_seconds=0,
        category=Category.objects.get_or_create(name="Drill")[0],
    )
    save_branch_product(BranchProduct(branch=Branch.objects.get(), product=product, stock=10**6), changed=[], by=None)
    return product.pk


def make_tokens(number: int) -> dict[int, str]:
    """An access token for each of so many new users, by their ids."""
    from users.models import CustomUser
    from users.tokens import start_family

    names = [uuid.uuid4().hex[:12] for _ in range(number)]
    users = CustomUser.objects.bulk_create(
        CustomUser(username=name, email=f"{name}@example.com", is_verified=True) for name in names
    )
    return {user.pk: start_family(user)["access"] for user in users}
