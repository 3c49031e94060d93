"""Races: calls in threads of their own, each over its own connection, as a server makes them."""

import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

from django.db import connection, transaction


def in_parallel(calls: list[Callable[[], object]]) -> list:
    """What the calls return, each made in its own thread and over its own connection, all at the same moment."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns often enough to get into each other's way
    try:
        return racers.run(calls)
    finally:
        sys.setswitchinterval(interval)


class Racers:
    """A thread pool that keeps its threads and their connections until the test ends, as a server does."""

    def __init__(self):
        self.pool, self.size = None, 0

    def run(self, calls: list[Callable[[], object]]) -> list:
        if len(calls) > self.size:
            self.close()
            self.pool, self.size = ThreadPoolExecutor(len(calls)), len(calls)
        together = threading.Barrier(len(calls))  # one call for each thread, since none is done before all have begun

        def run(call):
            together.wait(30)
            try:
                return call()
            finally:
                if connection.errors_occurred:
                    connection.close()

        futures = [self.pool.submit(run, call) for call in calls]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        if self.pool is not None:
            self.run([lambda: connection.close()] * self.size)  # each thread its own
            self.pool.shutdown()
            self.pool, self.size = None, 0


racers = Racers()


def meeting(number: int, *, is_written: bool = False) -> Callable:
    """Stands in for a lock, for negative controls: nobody waits for a row, but none of `number` writes before all read.

    A barrier in the lock's place would leave it to luck whether the last reads before the first has committed. Where
    one statement reads and writes, let them meet when it `is_written`: none commits before all have.
    """
    together = threading.Barrier(number)

    def meet_to_write(execute, sql, *rest):
        if re.search(r"\b(UPDATE|INSERT|DELETE)\b", sql):  # also what locks: it would keep the others from reading
            connection.execute_wrappers.remove(meet_to_write)
            return meet(execute, sql, *rest)
        return execute(sql, *rest)

    def meet(execute, sql, *rest):
        result = execute(sql, *rest) if is_written else None
        with suppress(threading.BrokenBarrierError):
            together.wait(30)
        return result if is_written else execute(sql, *rest)

    def unlocked(rows=None, **options):
        if meet_to_write not in connection.execute_wrappers:
            connection.execute_wrappers.append(meet_to_write)
        return rows

    return unlocked


def overtaken(write: Callable[[], object], late: Callable[[], object]) -> object:
    """What `late` returns, which began while `write` was not yet committed, and waited for it."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write()
            answer = pool.submit(in_parallel, [late])
            wait_for_a_waiting_query()
        return answer.result()[0]


def wait_for_a_waiting_query() -> None:
    """Until somebody waits for a lock in the test database."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first look again otherwise
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone() is not None:
                return
            time.sleep(0.02)
    raise AssertionError("no query waits for a lock")
