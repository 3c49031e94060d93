"""Graceful shutdown of daphne's HTTP: it would cut off answers, and then wait for ever for the threads at work.

Listening ends at once, what has begun is answered, and kept connections are closed with their next answer.
"""

import asyncio
import os
import threading
import time

from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater
from twisted.internet.tcp import Port

DRAIN_TIMEOUT_SECONDS = 10.0
LAST_RESORT_SECONDS = 20.0

in_flight: set[asyncio.Task] = set()
kill_all_applications = Server.kill_all_applications
is_stopping = False


class Draining:
    """ASGI middleware around HTTP."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        task = asyncio.current_task()
        in_flight.add(task)
        try:
            await self.app(scope, receive, closing(send))
        finally:
            in_flight.discard(task)


def closing(send):
    async def send_and_close(message):
        if is_stopping and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return send_and_close


def finish_then_kill(server: Server) -> Deferred:
    global is_stopping
    is_stopping = True
    for reader in reactor.getReaders():
        if isinstance(reader, Port):
            reader.stopListening()
    # A thread that sends to the loop when that has ended waits for ever, and Python waits for the thread.
    last_resort = threading.Timer(LAST_RESORT_SECONDS, os._exit, [1])
    last_resort.daemon = True
    last_resort.start()
    return ensureDeferred(_finish(server))


async def _finish(server: Server) -> None:
    deadline = time.monotonic() + DRAIN_TIMEOUT_SECONDS
    while in_flight and time.monotonic() < deadline:
        await deferLater(reactor, 0.05)
    await kill_all_applications(server)


def install() -> None:
    Server.kill_all_applications = finish_then_kill
