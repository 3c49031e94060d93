"""Core pinning, and a description of the machine that was measured on."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import psutil

PACKAGES = [
    "Django", "djangorestframework", "channels", "daphne", "gunicorn", "a2wsgi", "psycopg2-binary", "redis",
    "fastapi", "SQLAlchemy", "asyncpg", "uvicorn", "django-ninja", "websockets",
]  # fmt: skip
CAN_PIN = hasattr(os, "sched_setaffinity")
CORES = sorted(os.sched_getaffinity(0)) if CAN_PIN else []
SERVER, CLIENT = CORES[:1], CORES[1:2] or CORES[:1]


@contextmanager
def pinned(cores: list[int]) -> Iterator[None]:
    """Processes started within stay on these cores."""
    if not CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def described() -> list[str]:
    """The machine and the versions, a paragraph each; no name by which it could be found."""
    memory = psutil.virtual_memory().total / 2**30
    where = "servers on one core; client, PostgreSQL and Redis on another" if len(CORES) > 1 else "nothing pinned"
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()}; {where}.",
        f"Python {platform.python_version()}, {packages}.",
    ]
