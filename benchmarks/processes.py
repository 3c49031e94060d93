"""Start-up time and memory of one process: seconds until it answers, megabytes fresh and after it has worked."""

import time

from benchmarks import Table
from benchmarks.load import ask_once, repeat, request, visit
from benchmarks.rounds import Pace, Series
from benchmarks.stage import memory, open_stage, perform
from drills.shop import Process, Shop


def bench(short: bool) -> list[Table]:
    rounds = Pace.of(short).rounds
    with open_stage() as shop:
        from benchmarks.fill import fill_catalogue

        fill_catalogue(100)
        rows = [row(name, shop, kind, rounds) for name, kind in (("gunicorn, one worker", "web"), ("daphne", "ws"))]
    return [Table("One process", ["", "seconds to the first answer", "MiB, fresh", "MiB, after work"], rows)]


def row(name: str, shop: Shop, kind: str, rounds: int) -> list[str]:
    starts, fresh, worked = Series([]), Series([]), Series([])
    for _ in range(rounds):
        began = time.monotonic()
        process = perform(shop, kind)
        starts.figures.append(time.monotonic() - began)
        fresh.figures.append(memory(process))
        work(process)
        worked.figures.append(memory(process))
        process.end()
    return [name, f"{starts.median:.1f}", f"{fresh.median:.0f}", f"{worked.median:.0f}"]


def work(process: Process) -> None:
    payload = request("GET", "/api/products/")
    answer = ask_once(process.port, payload)
    visit(process.port, [repeat(payload, answer) for _ in range(16)], 2)
