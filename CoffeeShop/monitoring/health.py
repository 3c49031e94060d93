"""Liveness and readiness probes, which time out within seconds."""

import asyncio
import functools
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0
CACHE_SECONDS = 1.0
REQUIRED = {"database", "migrations"}  # without the others the shop still sells


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive, and says nothing of what it depends on."""
    return HttpResponse("ok", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Readiness probe. 503 names what the process cannot sell without; other failures are `failing` in a 200."""
    found = look.current()
    failing = [name for name, verdict in found.items() if verdict != "ok"]
    if not REQUIRED & set(failing):
        return JsonResponse({"status": "degraded" if failing else "ok", "checks": found})
    body = {"detail": f"Not ready: {', '.join(failing)}.", "code": "not_ready", "checks": found}
    return JsonResponse(body, status=503, headers={"Retry-After": "1"})


class Look:
    """Single-flight: one look a second serves all askers. Who comes during one is given what the last one found."""

    def __init__(self):
        self.lock = threading.Lock()
        self.found: dict[str, str] = {}
        self.expires_at = 0.0

    def current(self) -> dict[str, str]:
        if time.monotonic() >= self.expires_at and self.lock.acquire(blocking=not self.found):
            try:
                if time.monotonic() >= self.expires_at:
                    self.found = run_checks()
                    self.expires_at = time.monotonic() + CACHE_SECONDS
            finally:
                self.lock.release()
        return self.found


def run_checks() -> dict[str, str]:
    deadline = time.monotonic() + ANSWER_SECONDS
    asked = {name: askers[name].submit(ask) for name, ask in CHECKS.items()}
    return {name: verdict(name, answer, deadline) for name, answer in asked.items()}


def verdict(name: str, answer: Future, deadline: float) -> str:
    try:
        answer.result(timeout=max(0, deadline - time.monotonic()))
    except TimeoutError:
        answer.cancel()
        logger.warning("not ready: %s does not answer", name)
    except Exception as error:
        logger.warning("not ready: %s fails: %s", name, error)
    else:
        return "ok"
    return "failing"


def check_database() -> None:
    with closing(connection), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT 1")
            return
        cursor.execute("SELECT current_setting('transaction_read_only')")
        if cursor.fetchone() == ("on",):
            raise RuntimeError("it takes no writes")


def check_migrations() -> None:
    with closing(connection):
        missing = our_migrations() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        raise RuntimeError(f"{len(missing)} migrations are not applied")


@functools.cache
def our_migrations() -> set[tuple[str, str]]:
    """Reading the files takes a tenth of a second, and they stay the same as long as the process lives."""
    return set(MigrationLoader(None).disk_migrations)


def check_cache() -> None:
    value = secrets.token_hex(8)
    cache.set("readyz", value, 60)
    if cache.get("readyz") is None:
        raise RuntimeError("it forgets what it is told")


def check_channel_layer() -> None:
    async_to_sync(_send)()


async def _send() -> None:
    async with asyncio.timeout(ANSWER_SECONDS):
        await get_channel_layer().group_send("readyz", {"type": "probe"})


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "cache": check_cache,
    "channel_layer": check_channel_layer,
}
# A thread for each: what hangs there, without a word from the other side, does not hang the answer, nor the others.
askers = {name: ThreadPoolExecutor(1, thread_name_prefix=f"readyz-{name}") for name in CHECKS}
look = Look()
