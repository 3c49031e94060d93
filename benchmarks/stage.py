"""The shop and its rivals as real processes on one database, each on its core."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks import machine
from drills.shop import COMMANDS, Process, Shop, open_shop

UVICORN = "python -m uvicorn --port $PORT --no-access-log --log-level warning"
COMMANDS |= {
    "django": COMMANDS["web"].replace("CoffeeShop.wsgi", "benchmarks.rivals.wsgi:application"),
    "stock daphne": COMMANDS["ws"].replace("CoffeeShop.asgi", "benchmarks.rivals.asgi"),
    "fastapi": f"{UVICORN} benchmarks.rivals.fastapi_app:app",
    "fastapi ordering": f"{UVICORN} benchmarks.rivals.fastapi_ordering:app",
    "raw": f"{UVICORN} benchmarks.rivals.raw:app",
    "sockets": "python -m benchmarks.rivals.sockets $PORT",
}


@contextmanager
def open_stage(**env: str) -> Iterator[Shop]:
    """PostgreSQL and Redis beside the client, an empty shop, and no server yet: `perform` starts them."""
    with machine.pinned(machine.CLIENT), open_shop(**env) as shop:
        keep_what_is_committed()
        yield shop


def keep_what_is_committed() -> None:
    """Drills' PostgreSQL does not wait for the disk. One that people rely on does, so ours does while we measure."""
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"ALTER SYSTEM SET {name} = on")
        cursor.execute("SELECT pg_reload_conf()")


def perform(shop: Shop, kind: str, *, cores: list[int] = machine.SERVER, **env: str) -> Process:
    """A server on its core, answering. A rival is named by `RIVAL`, a module of `benchmarks.rivals`."""
    rival = {"DJANGO_SETTINGS_MODULE": "benchmarks.rivals.settings"} if "RIVAL" in env else {}
    process = shop.add(kind, **rival, **env)
    with machine.pinned(cores):
        process.restart()
    return process


def memory(process: Process) -> float:
    """MiB that would be free without the process and its children: pages they share count by their share."""
    family = psutil.Process(process.process.pid)
    return sum(one.memory_full_info().pss for one in [family, *family.children(recursive=True)]) / 2**20


def processor_seconds(process: Process) -> float:
    """Of the process and its children, so far. Other programs of a busy machine hardly change it."""
    family = psutil.Process(process.process.pid)
    return sum(sum(one.cpu_times()[:2]) for one in [family, *family.children(recursive=True)])


def database_connections(name: str) -> int:
    """Count the connections of the process whose PGAPPNAME this is."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
        return cursor.fetchone()[0]
