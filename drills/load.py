"""A branch in full swing for drills: customers who order without a pause and watch, boards, a barista, promo codes.

Everybody repeats what was not answered, and remembers all that was promised to them.
"""

import time
import uuid
from collections import Counter

from drills import require
from drills.caller import Caller
from drills.floor import DRAINED, Barista, Floor

CODE_EACH = 3  # every third order types the code that is used up soon
USES = 5  # of that one; the other has no limit
RECOVERY = 5.0  # seconds from when a thing is mended until everybody gets a good answer
BARISTAS = 20  # at the bar, as far as promises are concerned: it takes an order a second from each


class Codes:
    """A promo code for few, and one for those who come too late."""

    def __init__(self):
        from promotions.models import PromoCode

        name = uuid.uuid4().hex[:6]
        self.scarce, self.common = f"FEW-{name}", f"ALL-{name}"
        for code, limit in ((self.scarce, USES), (self.common, None)):
            PromoCode.objects.create(code=code, kind="percent", value=10, limit_total=limit)

    def settle(self, answers: list[dict]) -> dict:
        """Compare codes in the answers to customers with the redemptions stored; no code was used beyond its limit."""
        from promotions.models import Redemption

        told = Counter(discount["code"] for order in answers for discount in order["discounts"])
        used = Counter(Redemption.objects.in_use().values_list("code__code", flat=True))
        for code in (self.scarce, self.common):
            require(used[code] == told[code], f"{code} is used {used[code]} times, customers were told {told[code]}")
        require(used[self.scarce] <= USES, f"a code for {USES} was used {used[self.scarce]} times")
        return {"codes used": [used[self.scarce], used[self.common]]}


class Customer(Caller):
    """Adds to the cart and orders, over and over, by a key of each order."""

    def __init__(self, port: int, token: str, product: int, pause: float, codes: Codes):
        super().__init__(port, token)
        self.product, self.pause, self.codes = product, pause, codes
        self.keys: list[str] = []
        self.orders: dict[str, dict] = {}  # by key, as acknowledged
        self.refused = 0  # codes that were used up in the last moment

    def run(self) -> None:
        while self.is_wanted:
            self.keys.append(key := uuid.uuid4().hex)
            self.order(key)
            time.sleep(self.pause)

    def order(self, key: str) -> None:
        self.ask("POST", "/api/cart/", {"product": self.product}, {200, 201}, f"cart-{key}")
        if len(self.keys) % CODE_EACH == 0:
            self.type_code()
        placed = self.ask("POST", "/api/orders/", {}, {201, 409}, key)
        if placed is not None and self.is_used_up(placed):
            self.refused += 1
            self.ask("PUT", "/api/cart/promo/", {"code": self.codes.common}, {200})
            placed = self.ask("POST", "/api/orders/", {}, {201}, key)
        if placed is not None:
            self.orders[key] = placed

    def type_code(self) -> None:
        cart = self.ask("PUT", "/api/cart/promo/", {"code": self.codes.scarce}, {200})
        if cart is not None and cart["problems"]:
            self.ask("PUT", "/api/cart/promo/", {"code": self.codes.common}, {200})

    def is_used_up(self, answer: dict) -> bool:
        return [problem.get("reason") for problem in answer.get("problems", ())] == ["used_up"]


class Load:
    """`with Load(port, customers=8, sockets=port) as load:` orders until the block ends, and then settles what is open.

    Without `is_made` nobody makes the orders, so that customers get no e-mails but of what they placed.
    """

    def __init__(self, port: int, customers: int, pause: float = 0.0, *, sockets: int, is_made: bool = True):
        product, tokens, self.codes = make_product(), make_tokens(customers), Codes()
        self.users = list(tokens)
        self.customers = [Customer(port, token, product, pause, self.codes) for token in tokens.values()]
        staff = make_staff()
        self.floor = Floor(sockets, staff, list(tokens.values()))
        self.baristas = [Barista(port, staff, self.floor) for _ in range(customers // 3 + 1 if is_made else 0)]

    @property
    def callers(self) -> list[Caller]:
        return [*self.customers, *self.baristas]

    def __enter__(self) -> "Load":
        self.floor.start()
        for caller in self.callers:
            caller.start()
        self.wait_for_progress(time.monotonic())
        return self

    def __exit__(self, *how) -> None:
        for customer in self.customers:
            customer.is_wanted = False
        for customer in self.customers:
            customer.join(60)

    def wait_for_progress(self, since: float, timeout: float = 60) -> float:
        """Until every customer got something done after `since`. Returns how many seconds the last one needed."""
        deadline = time.monotonic() + timeout
        while True:
            firsts = [
                next((when for when, status, _ in reversed_until(customer.answers, since) if is_good(status)), None)
                for customer in self.customers
            ]
            if None not in firsts:
                return round(max(firsts) - since, 1)
            require(time.monotonic() < deadline, f"{firsts.count(None)} customers are stuck {timeout} s later")
            time.sleep(0.05)

    def settle(self) -> dict:
        """After the block: what was promised is there, once, for everybody. Returns the figures; raises Failed."""
        self.ask_again()
        promised = [order for customer in self.customers for order in customer.orders.values()]
        self.compare([order["id"] for order in promised])
        self.let_baristas_finish(len(promised))
        floor = self.floor.settle(open_orders())
        own = {customer.token: {order["id"] for order in customer.orders.values()} for customer in self.customers}
        self.floor.require_shown({order["id"] for order in promised}, own)
        self.floor.close()
        odd = [text for caller in self.callers for text in caller.odd]
        require(not odd, f"{len(odd)} answers that should not be, such as {odd[:3]}")
        lost = {"lost (orders, on boards, uses of codes, promises)": 0}  # or it would have failed by now
        return self.figures() | {"orders": len(promised)} | self.codes.settle(promised) | floor | lost

    def ask_again(self) -> None:
        """Retry every unanswered order with its idempotency key, which tells whether it was placed."""
        for customer in self.customers:
            customer.is_wanted = True
            for key in customer.keys:
                if key not in customer.orders:
                    customer.order(key)

    def compare(self, promised: list[int]) -> None:
        from django.db import connection

        from orders.models import Order

        connection.close()  # it may be to a server that was broken meanwhile
        stored = set(Order.objects.filter(user__in=self.users).values_list("pk", flat=True))
        require(set(promised) <= stored, f"{len(set(promised) - stored)} acknowledged orders are lost")
        require(len(promised) == len(set(promised)) == len(stored), f"{len(stored)} orders for {len(promised)} keys")

    def let_baristas_finish(self, orders: int) -> None:
        deadline = time.monotonic() + DRAINED
        while self.baristas and (made := sum(barista.made for barista in self.baristas)) < orders:
            require(time.monotonic() < deadline, f"{made} of {orders} orders are made {DRAINED} s later")
            time.sleep(0.05)
        for barista in self.baristas:
            barista.is_wanted = False

    def figures(self) -> dict:
        answers = [answer for caller in self.callers for answer in caller.answers]
        statuses = Counter("no answer" if status is None else status for _, status, _ in answers)
        refused = sum(customer.refused for customer in self.customers)
        statuses[409] -= refused  # told apart: a code was used up in the last moment
        took = sorted(seconds for _, status, seconds in answers if is_good(status))
        return {
            "answers": {status: number for status, number in sorted(statuses.items(), key=str) if number},
            "median, 99 %, longest ms": [round(took[int(len(took) * part)] * 1000) for part in (0.5, 0.99)]
            + [round(took[-1] * 1000)],
        }


def require_recovery(seconds: list[float]) -> None:
    require(max(seconds) <= RECOVERY, f"it took {seconds} seconds to recover")


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
        prep_seconds=1,
        category=Category.objects.get_or_create(name="Drill")[0],
    )
    Branch.objects.update(baristas=BARISTAS)
    save_branch_product(BranchProduct(branch=Branch.objects.get(), product=product, stock=10**6), changed=[], by=None)
    return product.pk


def open_orders() -> dict[int, int]:
    """The version of each at the branch."""
    from orders.models import Order

    return dict(Order.objects.open().order_by().values_list("pk", "version"))


def make_staff() -> str:
    """The token of somebody who works at the branch."""
    from products.models import Branch, BranchStaff, Position

    ((user, token),) = make_tokens(1).items()
    BranchStaff.objects.create(user_id=user, branch=Branch.objects.get(), position=Position.BARISTA)
    return token


def make_tokens(number: int) -> dict[int, str]:
    """An access token for each of so many new users, by their ids."""
    from users.models import CustomUser
    from users.tokens import start_family

    names = [uuid.uuid4().hex[:12] for _ in range(number)]
    users = CustomUser.objects.bulk_create(
        CustomUser(username=name, email=f"{name}@example.com", is_verified=True) for name in names
    )
    return {user.pk: start_family(user)["access"] for user in users}
