"""Thread pools from which sockets use the database, so that the event loop never waits for it."""

import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import SyncToAsync
from channels.db import DatabaseSyncToAsync
from django.db import InterfaceError, OperationalError, close_old_connections, connection

HEALTHY_SECONDS = 1.0
DATABASE_DOWN = (OperationalError, InterfaceError)

last_used = threading.local()


class InDatabase(DatabaseSyncToAsync):
    """`database_sync_to_async` with fewer health checks: a connection that was just used is not asked whether it is
    still alive, where one call follows the other.
    """

    def thread_handler(self, loop, *args, **kwargs):
        close_old_connections()
        connection.health_check_done = time.monotonic() - getattr(last_used, "at", 0.0) < HEALTHY_SECONDS
        try:
            return SyncToAsync.thread_handler(self, loop, *args, **kwargs)
        finally:
            last_used.at = time.monotonic()
            close_old_connections()


def on_threads(number: int, name: str) -> functools.partial:
    """A thread pool of its own: `on_threads(…)(call)` is the call, awaited, on one of so many threads."""
    return functools.partial(
        InDatabase, thread_sensitive=False, executor=ThreadPoolExecutor(number, thread_name_prefix=name)
    )


in_database = on_threads(4, "sockets")  # so that one socket's wait for a row lock is not everybody's
