import asyncio
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from support import letters
from support.events import change_of
from support.limits import limit
from support.models import Conversation
from users.sockets import DATABASE_DOWN, current_epochs, in_database

logger = logging.getLogger(__name__)

OVERLAP = timedelta(seconds=60)  # a change is stamped a moment before its commit, which may take its time


class Heartbeat:
    """What makes lost news good: now and then one look into the database for all sockets of the process."""

    def __init__(self):
        self.sockets: set = set()
        self.task: asyncio.Task | None = None

    def watch(self, socket) -> None:
        """`socket` has a `user`, a `inbox` for the `pulse`, and says whether one `concerns` it."""
        self.sockets.add(socket)
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())

    def unwatch(self, socket) -> None:
        self.sockets.discard(socket)

    async def _run(self) -> None:
        since = timezone.now() - OVERLAP
        while self.sockets:
            await asyncio.sleep(limit("TICK_SECONDS"))
            try:
                since = await self._beat(since)
            except DATABASE_DOWN as error:
                logger.warning("The database does not answer, sockets may be late: %s", error)

    async def _beat(self, since: datetime) -> datetime:
        """One pulse for whom it concerns of those who were there when it began. Returns where the next one takes up."""
        began, sockets = timezone.now(), list(self.sockets)
        pulse = await in_database(look)({socket.user.pk for socket in sockets}, since)
        for socket in sockets:
            if socket.concerns(pulse):
                socket.inbox.deliver(pulse)
        return began - OVERLAP


def look(user_ids: Collection[int], since: datetime) -> dict:
    letters.put_off(user_ids)
    changed = Conversation.objects.with_people().changed_since(since)
    return {"type": "pulse", "epochs": current_epochs(user_ids), "changes": {one.pk: change_of(one) for one in changed}}


heartbeat = Heartbeat()
