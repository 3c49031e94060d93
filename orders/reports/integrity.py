"""Compares the sums of days with the orders they were made of, in one statement for each kind."""

from collections.abc import Iterator

from django.db import connection

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
    for kind, sold in (("channel", ORDERS), ("hour", ORDERS), ("product", ITEMS), ("category", ITEMS)):
        with connection.cursor() as cursor:
            cursor.execute(DIFFERENCES.format(sold=sold), [kind])
            for branch_id, day, of_orders, of_sums in cursor.fetchall():
                yield (
                    f"the {kind} sums of branch {branch_id} on {day} come to {of_sums} cents, "
                    f"its completed orders to {of_orders}, or count differently"
                )
