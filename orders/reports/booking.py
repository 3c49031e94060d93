"""Keeps sums by day in the transaction that completes an order, so that a month is read from some thousand rows.

A completed order never changes again, so nothing is ever taken out of a sum.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.apps import apps
from django.apps.registry import Apps
from django.db import connection

from orders.models import DaySum, Order, OrderEvent, OrderItem
from orders.statuses import Status

Kind = DaySum.Kind
COLUMNS = ("branch_id", "business_day", "kind", "key", "name", "orders", "cups", "gross", "discounts")
ADDED = ("orders", "cups", "gross", "discounts")
KEPT, BROKEN = "kept", "broken"
AT_ONCE = 1000


class Fact(NamedTuple):
    kind: str
    key: str
    name: str = ""
    cups: int = 0
    gross: int = 0
    discounts: int = 0


def book_order(order: Order) -> None:
    """Add a locked order that has just been completed to the sums of its day."""
    items = OrderItem.objects.filter(order=order).select_related("product__category")
    moves = OrderEvent.objects.filter(order=order, status=Status.READY).order_by("-pk")
    ready_at = moves.values_list("at", flat=True).first()
    _add(_rows(order, facts_of(order, list(items), ready_at)))


def rebuild_sums(models: Apps = apps) -> int:
    """Book every completed order from the beginning, for rows that did not come by the services. Nobody may sell
    meanwhile. Says how many orders there are.
    """
    model = models.get_model("orders", "DaySum")
    model.objects.all().delete()
    orders = (
        models.get_model("orders", "Order")
        .objects.filter(status=Status.COMPLETED)
        .order_by("pk")
        .select_related("branch")
    )
    sums, booked = {}, 0
    whole = orders.select_related("branch").prefetch_related("items__product__category", "events")
    for order in whole.iterator(AT_ONCE):
        ready = [event.at for event in order.events.all() if event.status == Status.READY]
        for row in _rows(order, facts_of(order, list(order.items.all()), ready[-1] if ready else None)):
            *key, name = row[:5]
            added = sums.get(tuple(key), ("", 0, 0, 0, 0))[1:]
            sums[tuple(key)] = (name, *(one + other for one, other in zip(added, row[5:], strict=True)))
        booked += 1
    rows = [model(**dict(zip(COLUMNS, (*key, *values), strict=True))) for key, values in sums.items()]
    model.objects.bulk_create(rows, batch_size=AT_ONCE)
    return booked


def facts_of(order: Order, items: list[OrderItem], ready_at: datetime | None) -> Iterator[Fact]:
    """Increments of the day's sums for one order. Its hour is the one in which it is fetched, by the branch's own
    clock.
    """
    cups = sum(item.quantity for item in items)
    money = (cups, cents(order.subtotal_price), cents(order.subtotal_price - order.total_price))
    hour = (order.pickup_at or order.created_at).astimezone(ZoneInfo(order.branch.timezone)).hour
    yield Fact(Kind.CHANNEL, order.channel, "", *money)
    yield Fact(Kind.HOUR, f"{hour:02d}", "", *money)
    yield from _by_product(items)
    yield from facts_of_service(order.created_at, order.pickup_at, order.first_promised_at, ready_at)


def facts_of_service(
    created_at: datetime, pickup_at: datetime | None, first_promised_at: datetime | None, ready_at: datetime | None
) -> Iterator[Fact]:
    """Increments for minutes to ready, where it was wanted as soon as possible, and for the first promise."""
    if ready_at and pickup_at is None:
        yield Fact(Kind.MINUTES, str(max(0, round((ready_at - created_at).total_seconds() / 60))))
    if ready_at and first_promised_at:
        yield Fact(Kind.PROMISE, KEPT if ready_at <= first_promised_at else BROKEN)


def cents(amount: Decimal) -> int:
    return round(amount * 100)


def _by_product(items: list[OrderItem]) -> Iterator[Fact]:
    """An order counts once for a product and once for a category, whatever the number of its lines."""
    sums = {}
    for item in items:
        product = item.product
        category = product and product.category
        of_line = (item.quantity, cents(item.unit_price * item.quantity), cents(item.discount))
        for kind, row, name in ((Kind.PRODUCT, product, item.product_name), (Kind.CATEGORY, category, None)):
            key = (kind, str(row.pk) if row else "")
            added = sums.get(key, ("", 0, 0, 0))[1:]
            name = (row.name if name is None else name) if row else ""
            sums[key] = (name, *(one + other for one, other in zip(added, of_line, strict=True)))
    return (Fact(*key, *values) for key, values in sums.items())


def _rows(order: Order, facts: Iterable[Fact]) -> list[tuple]:
    return [
        (
            order.branch_id,
            order.business_day.isoformat(),
            fact.kind,
            fact.key,
            fact.name,
            1,
            fact.cups,
            fact.gross,
            fact.discounts,
        )
        for fact in facts
    ]


def _add(rows: list[tuple]) -> None:
    """Upsert the increments in one statement, which both databases know. Sorted, so that two that book the same day
    wait and do not deadlock.
    """
    values = ", ".join(f"({', '.join(['%s'] * len(COLUMNS))})" for _row in rows)
    added = ", ".join(f"{name} = orders_daysum.{name} + excluded.{name}" for name in ADDED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO orders_daysum ({', '.join(COLUMNS)}) VALUES {values} "  # noqa: S608 - names of ours only
            f"ON CONFLICT (kind, business_day, branch_id, key) DO UPDATE SET name = excluded.name, {added}",
            [value for row in sorted(rows) for value in row],
        )
