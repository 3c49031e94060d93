"""Reconciling sockets with the database, which makes lost events good."""

import asyncio
import contextvars
import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.utils import timezone

from realtime.limits import limit
from realtime.logs import OncePerMinute
from realtime.threads import DATABASE_DOWN, in_database

logger = logging.getLogger(__name__)
logger.addFilter(OncePerMinute())

OVERLAP = timedelta(seconds=60)  # a change is stamped a moment before its commit, which may take its time


class Reconciler:
    """Polling: each tick one look into the database for all sockets of a consumer class in this process.

    The class says what to read: `poll(sockets, since)` runs on a thread and returns an event for its sockets.
    """

    def __init__(self):
        self.sockets: defaultdict[type, set] = defaultdict(set)
        self.tasks: dict[type, asyncio.Task] = {}

    def watch(self, socket) -> None:
        """`socket` has an `inbox` for the event, and says whether one `concerns` it."""
        kind = type(socket)
        self.sockets[kind].add(socket)
        task = self.tasks.get(kind)
        if task is None or task.done():
            # In a context of its own, or it would go on in the language of whoever came first.
            self.tasks[kind] = asyncio.get_running_loop().create_task(self._run(kind), context=contextvars.Context())

    def unwatch(self, socket) -> None:
        self.sockets[type(socket)].discard(socket)

    async def _run(self, kind: type) -> None:
        since = timezone.now() - OVERLAP
        while self.sockets[kind]:
            await asyncio.sleep(limit("TICK_SECONDS"))
            try:
                since = await self._reconcile(kind, since)
            except DATABASE_DOWN as error:
                logger.warning("The database does not answer, sockets may be late: %s", error)
            except Exception:
                logger.exception("Sockets could not be reconciled; trying again")

    async def _reconcile(self, kind: type, since: datetime) -> datetime:
        """One event for whom it concerns of those who were there when it began. Returns where the next poll starts."""
        began, sockets = timezone.now(), list(self.sockets[kind])
        event = await in_database(kind.poll)(sockets, since)
        for socket in sockets:
            if socket.concerns(event):
                socket.inbox.put_first(event)
        return began - OVERLAP


reconciler = Reconciler()
