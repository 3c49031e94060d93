"""Client-side timeout of PostgreSQL: a wait callback for psycopg2 that gives up on a silent server.

TCP notices a server that is gone, and PostgreSQL ends its own slow statements. Neither helps when something in between
still acknowledges every packet and passes none on: libpq would wait for ever, and one thread after the other with it.
"""

import select
import time

import psycopg2
from psycopg2 import extensions

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 35  # a little longer than PostgreSQL itself gives a statement, see `statement_timeout`
WORKING = {extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED}


def wait(connection: extensions.connection) -> None:
    """psycopg2's wait callback. What it raises closes the connection; Django opens the next one when it is needed."""
    deadline = time.monotonic() + (STATEMENT_SECONDS if connection.status in WORKING else CONNECT_SECONDS)
    while (state := connection.poll()) != extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        if not poller.poll(max(0, deadline - time.monotonic()) * 1000):
            raise psycopg2.OperationalError("PostgreSQL does not answer.")


def install() -> None:
    """Set the wait callback, for processes that stay. What somebody starts by hand may have statements that take their
    time.
    """
    if hasattr(select, "poll"):  # not on Windows
        extensions.set_wait_callback(wait)
