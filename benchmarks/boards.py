"""Orders, live: how soon an order is on every board while thousands of customers watch, and what a watcher costs."""

from benchmarks import Table
from benchmarks.stage import open_stage, perform
from drills.boards_crowd import FULL, SHORT, crowd
from drills.chat import LONG, UNLIMITED


def bench(short: bool) -> list[Table]:
    customers, boards, orders, seconds = SHORT if short else FULL
    with open_stage(**LONG, **UNLIMITED, TEND_SECONDS="0") as shop:
        figures = crowd(perform(shop, "ws"), customers, boards, orders, seconds)
    title = f"{orders} orders, {boards} boards of one branch and {customers:,} watching customers at one process"
    return [Table(title, ["", ""], [[name, str(figure)] for name, figure in figures.items()])]
