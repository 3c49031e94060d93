"""The print of a day."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from drills.day.ledger import Books, Ledger, codes, figures, is_kept, minutes_to_ready, ready_at
from drills.day.plan import ZONE


def lines(ledger: Ledger, books: Books) -> Iterator[str]:
    """Rows of the report: served, how well, refused. In the order in which somebody reads it."""
    orders, completed = ledger.orders.values(), ledger.with_status("completed")
    sold = figures(completed)
    yield row("orders acknowledged", f"{len(orders)}  ({tally(order['channel'] for order in orders)})")
    yield row("of them", tally(order["status"] for order in orders))
    yield row("moved to another branch", sum(len(branches) > 1 for branches in ledger.branches.values()))
    yield row("scheduled", sum(order["pickup_at"] is not None for order in orders))
    yield row("cups", f"{sold['cups']}, net {sold['net']:.2f}, discounts {sold['discounts']:.2f}")
    yield row("promises kept", promises(completed))
    yield row("minutes to ready, median, 90 %", spread(minutes_to_ready(order) for order in completed))
    yield row("taken back and made again", sum(times_ready(order) > 1 for order in orders))
    yield row("promo codes used", tally(code for order in completed for code in codes(order)) or "none")
    yield row("stamps earned, free cups", f"{sum(books.stamps.values())}, {sum(map(free_cups, completed))}")
    yield row("chats answered", f"{ledger.questions['answered']} of {ledger.questions['asked']}")
    yield row("messages", len(ledger.messages))
    yield row("repeated requests", ledger.repeated)
    yield row("customers who went without", tally(ledger.gone.elements()) or "none")
    yield "  refused, and why:"
    for (doing, why), number in sorted(ledger.refusals.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"    {number:5}  {doing}  {why}"


def row(what: str, figure: object) -> str:
    return f"  {what:<32}{figure}"


def tally(things: Iterable[str]) -> str:
    return ", ".join(f"{number} {thing}" for thing, number in Counter(things).most_common())


def promises(completed: list[dict]) -> str:
    kept = sum(map(is_kept, filter(ready_at, completed)))
    share = Decimal(100 * kept) / len(completed) if completed else Decimal(0)
    return f"{kept} of {len(completed)}  ({share:.1f} %)"


def spread(minutes: Iterable[float | None]) -> str:
    known = sorted(minute for minute in minutes if minute is not None)
    if len(known) < 2:
        return "too few"
    return f"{statistics.median(known):.1f}, {statistics.quantiles(known, n=10)[8]:.1f}"


def times_ready(order: dict) -> int:
    return sum(event["status"] == "ready" for event in order["events"])


def free_cups(order: dict) -> int:
    return sum(item["free_quantity"] for item in order["items"])


def delays(seconds: list[float]) -> str:
    seconds = sorted(seconds) or [0.0]
    median, most = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.95)]
    return f"{median:.2f}, {most:.2f}, {seconds[-1]:.2f}  (median, 95 %, longest)"


def line(now: datetime, ledger: Ledger) -> str:
    """Progress line, for somebody who watches."""
    return (
        f"  {now.astimezone(ZONE):%H:%M}  {tally(order['status'] for order in ledger.orders.values()) or 'nobody yet'}"
    )
