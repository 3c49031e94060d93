"""Ledger of every acknowledgement that the people of the day got, compared with the shop's books in the end."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

FIGURES = ("orders", "cups", "gross", "discounts", "net")
CENT = Decimal("0.01")


@dataclass
class Ledger:
    """Kept by the clients alone: it knows nothing but answers and frames."""

    orders: dict[int, dict] = field(default_factory=dict)  # the newest picture of each that was acknowledged
    branches: dict[int, set[str]] = field(default_factory=dict)  # where each has been
    keys: dict[str, int | None] = field(default_factory=dict)  # of placing: the order, None until it is answered
    messages: dict[str, int | None] = field(default_factory=dict)  # by client id: the number it was stored under
    questions: Counter[str] = field(default_factory=Counter)  # "asked", "answered"
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)  # what was tried, and why not
    gone: Counter[str] = field(default_factory=Counter)  # customers who went without, and why
    earned: Counter[int] = field(default_factory=Counter)  # stamps, by user
    repeated: int = 0
    odd: list[str] = field(default_factory=list)  # what should not have been said at all

    def note(self, order: dict) -> dict:
        """An order as an answer shows it."""
        known = self.orders.get(order["id"])
        if known is None or known["version"] <= order["version"]:
            self.orders[order["id"]] = order
        self.branches.setdefault(order["id"], set()).add(order["branch"])
        return order

    def earn(self, order_id: int) -> None:
        """A stamp for every cup of a completed order that was paid for; none at the counter, where nobody is known."""
        order = self.orders[order_id]
        if order["channel"] == "app":
            self.earned[order["user"]["id"]] += sum(one["quantity"] - one["free_quantity"] for one in order["items"])

    def with_status(self, status: str) -> list[dict]:
        return [order for order in self.orders.values() if order["status"] == status]

    def uses_of_codes(self) -> Counter[str]:
        return Counter(
            code for order in self.orders.values() if order["status"] != "cancelled" for code in codes(order)
        )

    def uses_of_each(self) -> Counter[tuple[str, int]]:
        """Of a code by a customer."""
        living = (order for order in self.orders.values() if order["status"] != "cancelled")
        return Counter((code, order["user"]["id"]) for order in living for code in codes(order))


@dataclass
class Books:
    """Final state of the shop."""

    orders: dict[int, str] = field(default_factory=dict)  # id: status
    messages: set[str] = field(default_factory=set)  # client ids
    doubled_messages: int = 0
    sales: dict = field(default_factory=dict)  # the report's answer
    service: dict = field(default_factory=dict)  # the report's answer
    stamps: dict[int, int] = field(default_factory=dict)  # earned, by user


@dataclass
class Board:
    """A tablet: what it has shown, and what it shows in the end."""

    name: str
    branch: str
    shown: set[int]
    book: dict[int, str]  # id: status
    odd: list[str] = field(default_factory=list)


def losses(ledger: Ledger, books: Books, boards: Iterable[Board] = (), limits: dict | None = None) -> Iterator[str]:
    """Everything that is not as it was acknowledged, in words. `limits`: of each code, in total and for a customer."""
    yield from ledger.odd
    yield from _lost_orders(ledger, books)
    yield from _lost_messages(ledger, books)
    for board in boards:
        yield from missed(board, ledger)
    yield from _overused(ledger, limits or {})
    yield from _wrong_stamps(ledger, books)
    yield from _wrong_sales(ledger, books)
    yield from _wrong_service(ledger, books)


def _lost_orders(ledger: Ledger, books: Books) -> Iterator[str]:
    for key in (key for key, order in ledger.keys.items() if order is None):
        yield f"order of key {key} was never answered"
    for pk in sorted(ledger.orders.keys() - books.orders.keys()):
        yield f"order {pk} was acknowledged and is not there"
    for pk in sorted(books.orders.keys() - ledger.orders.keys()):
        yield f"order {pk} is there and nobody ordered it"
    placed = Counter(pk for pk in ledger.keys.values() if pk is not None)
    for pk in (pk for pk, number in placed.items() if number > 1):
        yield f"order {pk} answers several keys"
    for pk, order in sorted(ledger.orders.items()):
        if books.orders.get(pk, order["status"]) != order["status"]:
            yield f"order {pk} was said to be {order['status']} and is {books.orders[pk]}"


def _lost_messages(ledger: Ledger, books: Books) -> Iterator[str]:
    for client_id, seq in ledger.messages.items():
        if seq is None:
            yield f"message {client_id} was never acknowledged"
        elif client_id not in books.messages:
            yield f"message {client_id} was acknowledged and is not there"
    if books.doubled_messages:
        yield f"{books.doubled_messages} messages are there twice"


def missed(board: Board, ledger: Ledger) -> Iterator[str]:
    yield from (f"board {board.name}: {text}" for text in board.odd)
    here = {pk for pk, order in ledger.orders.items() if order["branch"] == board.branch}
    for pk in sorted(here - board.shown):
        yield f"board {board.name} never showed order {pk}"
    for pk, status in board.book.items():
        known = ledger.orders.get(pk)
        if known is not None and known["branch"] == board.branch and known["status"] != status:
            yield f"board {board.name} shows order {pk} as {status}, it is {known['status']}"


def _overused(ledger: Ledger, limits: dict) -> Iterator[str]:
    uses, of_each = ledger.uses_of_codes(), ledger.uses_of_each()
    for code, (total, per_user) in limits.items():
        if total is not None and uses[code] > total:
            yield f"code {code} was used {uses[code]} times, {total} were allowed"
        worst = max((number for (used, _user), number in of_each.items() if used == code), default=0)
        if per_user is not None and worst > per_user:
            yield f"code {code} was used {worst} times by one customer, {per_user} were allowed"


def _wrong_stamps(ledger: Ledger, books: Books) -> Iterator[str]:
    for user in sorted(ledger.earned.keys() | books.stamps.keys()):
        if ledger.earned[user] != books.stamps.get(user, 0):
            yield f"user {user} earned {ledger.earned[user]} stamps, the card says {books.stamps.get(user, 0)}"


def _wrong_sales(ledger: Ledger, books: Books) -> Iterator[str]:
    counted, reported = figures(ledger.with_status("completed")), books.sales.get("totals", {})
    for name in FIGURES:
        if Decimal(reported.get(name, 0)) != counted[name]:
            yield f"the report of sales says {name} {reported.get(name)}, the customers counted {counted[name]}"


def _wrong_service(ledger: Ledger, books: Books) -> Iterator[str]:
    completed = [order for order in ledger.with_status("completed") if ready_at(order)]
    kept, cancelled = sum(map(is_kept, completed)), len(ledger.with_status("cancelled"))
    for name, counted in {"ready_by_promise": kept, "cancelled": cancelled}.items():
        if books.service.get(name, 0) != counted:
            yield f"the report of service says {name} {books.service.get(name)}, the customers counted {counted}"


# --- What an order says of itself -----------------------------------------------------------------------------------


def figures(orders: Iterable[dict]) -> dict[str, Decimal]:
    orders = list(orders)
    gross = sum((Decimal(order["subtotal_price"]) for order in orders), Decimal(0))
    net = sum((Decimal(order["total_price"]) for order in orders), Decimal(0))
    cups = sum(item["quantity"] for order in orders for item in order["items"])
    counted = {"orders": len(orders), "cups": cups, "gross": gross, "discounts": gross - net, "net": net}
    return {name: Decimal(figure) for name, figure in counted.items()}


def codes(order: dict) -> list[str]:
    return [discount["code"] for discount in order["discounts"] if discount["code"]]


def ready_at(order: dict) -> datetime | None:
    """The last time, as of an order that was taken back."""
    times = [event["at"] for event in order["events"] if event["status"] == "ready"]
    return datetime.fromisoformat(times[-1]) if times else None


def is_kept(order: dict) -> bool:
    moment = order["first_promised_at"]
    return moment is not None and ready_at(order) <= datetime.fromisoformat(moment)


def minutes_to_ready(order: dict) -> float | None:
    """Of an order that was wanted as soon as possible."""
    moment = ready_at(order)
    if moment is None or order["pickup_at"] is not None:
        return None
    return (moment - datetime.fromisoformat(order["created_at"])).total_seconds() / 60
