"""Cost of a promise: placing an order of three items without it, and at 0, 500 and 5,000 open orders."""

import time
from statistics import median

from benchmarks import Table, machine
from benchmarks.placing import fill, fill_carts
from benchmarks.stage import open_stage

CUSTOMERS = 16
WITHOUT = "no promise"
OPEN = (0, 500, 5000)
FINISHED = 1_000_000  # orders of the past, which may cost nothing


def bench(short: bool) -> list[Table]:
    rounds = 2 if short else 15
    with open_stage():
        from benchmarks.fill import fill_orders

        fill(CUSTOMERS)
        fill_carts()
        customer = buyers()[0]
        measured: dict[str, list[float]] = {}
        with machine.pinned(machine.SERVER):
            for history in (0, 1000 if short else FINISHED):
                if history:
                    fill_orders(history, customer)
                for _ in range(rounds):
                    for name, times in one_round(history).items():
                        measured.setdefault(name, []).extend(times)
    return [table_of(measured)]


def table_of(measured: dict[str, list[float]]) -> Table:
    """With what each promise costs: the difference to placing without one, beside the same history."""
    rows, without = [], 0.0
    for name, times in measured.items():
        ms = median(times) * 1000
        is_without = name.startswith(WITHOUT)
        without = ms if is_without else without
        rows.append([name, f"{ms:.2f}", "" if is_without else f"{ms - without:.2f}"])
    title = "Placing an order of three items, in process, without its commit"
    return Table(title, ["", "ms, median", "ms for the promise"], rows)


def one_round(history: int) -> dict[str, list[float]]:
    past = f", {history:,} past orders" if history else ""
    with without_promises():
        times = {f"{WITHOUT}{past}": place_all()}
    for number in OPEN:
        fill_open_work(number)
        times[f"{number:,} open orders{past}"] = place_all()
    return times


def place_all() -> list[float]:
    """Every customer orders, and nothing of it stays: the branch has as much to do before each order."""
    from django.db import transaction

    from orders.placing import place_order

    times = []
    for user in buyers():
        with transaction.atomic():
            began = time.perf_counter()
            place_order(user=user)
            times.append(time.perf_counter() - began)
            transaction.set_rollback(True)
    return times


def buyers() -> list:
    from benchmarks.placing import USER
    from users.models import CustomUser

    return list(CustomUser.objects.filter(pk__gte=USER).order_by("pk")[:CUSTOMERS])


def fill_open_work(number: int) -> None:
    """Of 30 s each, one due at each half minute from in an hour on: nothing is full, and every moment counts."""
    from benchmarks.fill import run

    run("DELETE FROM products_openwork")
    run(
        """
        INSERT INTO products_openwork (order_id, branch_id, due_at, seconds)
        SELECT 900000000 + n, (SELECT id FROM products_branch WHERE is_default),
               date_trunc('minute', now()) + interval '1 hour' + n * interval '30 seconds', 30
        FROM generate_series(1, %s) AS n
        """,
        number,
    )
    run("ANALYZE products_openwork")


class without_promises:
    """Context manager that takes the promise out of placing, as it was before there were any."""

    def __enter__(self):
        from django.utils import timezone

        from orders import placing

        self.placing, self.ours = placing, (placing.promise, placing.claim_work)
        placing.promise = lambda **_work: timezone.now()
        placing.claim_work = lambda _order, _seconds: None

    def __exit__(self, *_error):
        self.placing.promise, self.placing.claim_work = self.ours
