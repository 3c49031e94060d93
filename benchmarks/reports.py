"""The owner's morning: reports of a month, of a chain of 200 branches that sold a million orders in a year."""

from collections.abc import Iterator

from benchmarks import Table
from benchmarks.load import Ask, Visitor, expect, percentile, request, visit
from benchmarks.rounds import Pace
from benchmarks.stage import open_stage, perform
from drills import require

FIRST_DAY, DAYS = "2027-01-01", 365
MONTH = "from=2027-03-01&to=2027-03-31"
BY = ("day", "hour", "branch", "product", "category", "channel")


def bench(short: bool) -> list[Table]:
    orders, branches = (20_000, 10) if short else (1_000_000, 200)
    with open_stage(TEND_SECONDS="0") as shop:
        from benchmarks.fill import bearer, fill_branches, fill_catalogue, people
        from users.models import Role

        fill_catalogue(100)
        fill_branches(branches - 1)
        fill_year(orders)
        token, port = bearer(people(1, Role.ADMIN)[0]), perform(shop, "web").port
        questions = {"service": f"/api/reports/service/?{MONTH}"}
        questions |= {f"sales by {by}": f"/api/reports/sales/?by={by}&{MONTH}" for by in BY}
        rows = [row(name, port, path, token, Pace.of(short)) for name, path in questions.items()]
    return [Table(f"A month of {orders:,} orders in a year at {branches} branches", ["", "ms, p50", "ms, p99"], rows)]


def row(name: str, port: int, path: str, token: str, pace: Pace) -> list[str]:
    times = visit(port, [asks(path, token)], pace.rounds * pace.seconds).times[""]
    return [name, *(f"{1000 * percentile(times, percent):.0f}" for percent in (50, 99))]


def asks(path: str, token: str) -> Visitor:
    while True:
        answer = expect((yield Ask("", request("GET", path, Authorization=token))), 200).json()
        require(answer["totals"]["orders"] if "totals" in answer else answer["promised"], f"Nothing sold: {answer}")


def fill_year(orders: int) -> None:
    """Of each twenty orders one was cancelled, and one of each hundred late, missed or not seen in time."""
    from benchmarks.fill import people, run

    run("SET session_replication_role = replica")
    run(ORDERS, people(1)[0].pk, FIRST_DAY, orders // DAYS + 1, orders)
    run(ITEMS)
    run(f"INSERT INTO orders_daysum ({SUMMED}) {' UNION ALL '.join(sums())}")
    run("SET session_replication_role = origin")
    run("ANALYZE")


ORDERS = """
    INSERT INTO orders_order (user_id, branch_id, business_day, number, status, subtotal_price, discounts, total_price,
        currency, note, cancel_reason, created_at, updated_at, promised_at, first_promised_at, missing_at,
        unseen_told_at)
    SELECT %s, branch.ids[1 + n %% cardinality(branch.ids)], day, n,
        CASE WHEN n %% 20 = 0 THEN 'cancelled' ELSE 'completed' END, 4.50 * (1 + n %% 3), '[]', 4.50 * (1 + n %% 3),
        'USD', '', CASE WHEN n %% 20 = 0 THEN (ARRAY['not_accepted', 'not_fetched', ''])[1 + n %% 3] ELSE '' END,
        moment, moment, moment, moment, CASE WHEN n %% 100 = 1 THEN moment END, CASE WHEN n %% 100 = 2 THEN moment END
    FROM (SELECT %s::date AS first, %s AS of_day, array_agg(id) AS ids FROM products_branch) AS branch,
        generate_series(0, %s - 1) AS n, LATERAL (SELECT first + n / of_day AS day) AS days,
        LATERAL (SELECT day + interval '7 hours' + n %% 840 * interval '1 minute' AS moment) AS at
"""
ITEMS = """
    INSERT INTO orders_orderitem (order_id, product_id, product_name, options, unit_price, quantity)
    SELECT orders_order.id, product.ids[1 + orders_order.id %% cardinality(product.ids)], 'Coffee', '[]', 4.50,
        subtotal_price / 4.50
    FROM orders_order, (SELECT array_agg(id) AS ids FROM products_product) AS product
"""
SUMMED = "branch_id, business_day, kind, key, name, orders, cups, gross, discounts"


def sums() -> Iterator[str]:
    """As `orders/reports/booking.py` would have added them up."""
    keys = {
        "channel": "channel",
        "hour": "to_char(orders_order.created_at, 'HH24')",
        "product": "product_id::text",
        "category": "category_id::text",
        "minutes": "(orders_order.id %% 12)::text",
        "promise": "CASE WHEN orders_order.id %% 100 = 0 THEN 'broken' ELSE 'kept' END",
    }
    for kind, key in keys.items():
        yield f"""
            SELECT branch_id, business_day, '{kind}', {key}, '', count(*), sum(quantity), sum(total_price) * 100, 0
            FROM orders_order JOIN orders_orderitem AS item ON order_id = orders_order.id
                JOIN products_product AS product ON product.id = product_id
            WHERE status = 'completed' GROUP BY branch_id, business_day, {key}
        """  # noqa: S608 - texts of ours
