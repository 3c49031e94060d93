"""Compares the sums of days with the orders they were made of, in one statement for each kind."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from django.db import connection
from django.db.models import CharField, DateTimeField, F, OuterRef, QuerySet, Subquery, Value

from orders.models import DaySum, Order, OrderEvent
from orders.reports.booking import facts_of_service
from orders.statuses import Status

ORDERS = """
    SELECT branch_id, business_day, count(*) AS orders, CAST(NULL AS bigint) AS cups,
           CAST(round(sum(subtotal_price) * 100) AS bigint) AS gross,
           CAST(round(sum(subtotal_price - total_price) * 100) AS bigint) AS discounts
    FROM orders_order WHERE status = 'completed' GROUP BY branch_id, business_day
"""
ITEMS = """
    SELECT branch_id, business_day, CAST(NULL AS bigint) AS orders, sum(quantity) AS cups,
           CAST(round(sum(unit_price * quantity) * 100) AS bigint) AS gross,
           CAST(round(sum(discount) * 100) AS bigint) AS discounts
    FROM orders_orderitem JOIN orders_order ON orders_order.id = order_id
    WHERE status = 'completed' GROUP BY branch_id, business_day
"""
DIFFERENCES = """
    WITH sold AS ({sold}), summed AS (
        SELECT branch_id, business_day, sum(orders) AS orders, sum(cups) AS cups,
               sum(gross) AS gross, sum(discounts) AS discounts
        FROM orders_daysum WHERE kind = %s GROUP BY branch_id, business_day
    )
    SELECT sold.branch_id, sold.business_day, sold.gross, summed.gross FROM sold
    LEFT JOIN summed ON summed.branch_id = sold.branch_id AND summed.business_day = sold.business_day
    WHERE summed.gross IS NULL OR coalesce(sold.orders, summed.orders) <> summed.orders
          OR coalesce(sold.cups, summed.cups) <> summed.cups
          OR sold.gross <> summed.gross OR sold.discounts <> summed.discounts
    UNION ALL
    SELECT summed.branch_id, summed.business_day, 0, summed.gross FROM summed
    LEFT JOIN sold ON summed.branch_id = sold.branch_id AND summed.business_day = sold.business_day
    WHERE sold.gross IS NULL
"""


def wrong_sums() -> Iterator[str]:
    return chain(_wrong_sales(), _wrong_service())


def _wrong_sales() -> Iterator[str]:
    for kind, sold in (("channel", ORDERS), ("hour", ORDERS), ("product", ITEMS), ("category", ITEMS)):
        with connection.cursor() as cursor:
            cursor.execute(DIFFERENCES.format(sold=sold), [kind])
            for branch_id, day, of_orders, of_sums in cursor.fetchall():
                yield (
                    f"the {kind} sums of branch {branch_id} on {day} come to {of_sums} cents, "
                    f"its completed orders to {of_orders}, or count differently"
                )


def _wrong_service() -> Iterator[str]:
    """Minutes and promises are counted by the rule that books them, whose rounding SQL would have to repeat."""
    of_orders, of_sums = Counter(), Counter()
    for branch_id, day, kind, key, number, *moments in _orders_and_sums().iterator():
        if kind:
            of_sums[branch_id, day, kind, key] = number
        for fact in () if kind else facts_of_service(*moments):
            of_orders[branch_id, day, str(fact.kind), fact.key] += 1
    for place in sorted(of_orders.keys() | of_sums.keys()):
        if of_orders[place] != of_sums[place]:
            branch_id, day, kind, key = place
            yield (
                f"the {kind} sums of branch {branch_id} on {day} count {of_sums[place]} orders of {key}, "
                f"there are {of_orders[place]}"
            )


def _orders_and_sums() -> QuerySet:
    """One statement, so that it sees one moment: completed orders, whose kind is empty, and the sums."""
    columns = ("branch", "business_day", "of_kind", "of_key", "counted", "placed", "wanted", "promised", "ready")
    nothing, never = Value("", CharField()), Value(None, DateTimeField())
    ready = OrderEvent.objects.filter(order=OuterRef("pk"), status=Status.READY).order_by("-pk").values("at")[:1]
    orders = Order.objects.filter(status=Status.COMPLETED).annotate(
        **{"of_kind": nothing, "of_key": nothing, "counted": Value(0), "placed": F("created_at")},
        **{"wanted": F("pickup_at"), "promised": F("first_promised_at"), "ready": Subquery(ready)},
    )
    sums = DaySum.objects.filter(kind__in=[DaySum.Kind.MINUTES, DaySum.Kind.PROMISE]).annotate(
        **{"of_kind": F("kind"), "of_key": F("key"), "counted": F("orders")},
        **dict.fromkeys(("placed", "wanted", "promised", "ready"), never),
    )
    return orders.order_by().values_list(*columns).union(sums.order_by().values_list(*columns), all=True)
