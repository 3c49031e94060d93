"""How news reaches the sockets of this process, from any thread, and those of other processes by the channel layer.

News is a hint. The layer may lose any of it, or be down: whoever listens has to look into the database now and then
without being told. A process has one channel for all its sockets, so that a layer in trouble is met in one place.
"""

import asyncio
import contextlib
import functools
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterable

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

GROUP = "sockets"
LAYER_ERRORS = (RedisError, OSError, ChannelFull)  # OSError: also what asyncio.timeout raises
SEND_SECONDS = 1.0
RETRY_SECONDS = 5.0


class Mailbox(asyncio.Queue):
    """One socket's news, bounded: what finds no room is lost, and found again in the database."""

    def __init__(self):
        super().__init__(maxsize=1000)
        self.topics: set[str] = set()

    def drop_in(self, event: dict) -> None:
        if not self.full():
            self.put_nowait(event)


class Switchboard:
    """Which mailboxes of this process want the news of which topic."""

    def __init__(self):
        self.name = uuid.uuid4().hex
        self.loop: asyncio.AbstractEventLoop | None = None
        self.members: defaultdict[str, set[Mailbox]] = defaultdict(set)
        self.tasks: set[asyncio.Task] = set()  # the loop itself forgets tasks that nobody holds

    def join(self, mailbox: Mailbox, *topics: str) -> None:
        self._attend()
        mailbox.topics.update(topics)
        for topic in topics:
            self.members[topic].add(mailbox)

    def leave(self, mailbox: Mailbox) -> None:
        for topic in mailbox.topics:
            self.members[topic].discard(mailbox)
            if not self.members[topic]:
                del self.members[topic]

    def tell(self, event: dict, *topics: str) -> None:
        """From the server's loop: at once to our own sockets, and on to the other processes."""
        self._deliver(event, topics)
        self._spawn(publish(event, topics, sender=self.name))

    def _attend(self) -> None:
        """Listen on the running loop: a server has one for life, tests have one each."""
        loop = asyncio.get_running_loop()
        if loop is not self.loop:
            self.loop = loop
            self._spawn(self._listen())

    def _spawn(self, coroutine) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _deliver(self, event: dict, topics: Iterable[str]) -> None:
        for mailbox in set().union(*(self.members.get(topic, ()) for topic in topics)):
            mailbox.drop_in(event)

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear_others()
            except LAYER_ERRORS as error:
                logger.warning("The channel layer does not answer, news from other processes is late: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _hear_others(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                news = await layer.receive(channel)
                if news["sender"] != self.name:
                    self._deliver(news["event"], news["topics"])
        finally:
            with contextlib.suppress(*LAYER_ERRORS):
                await layer.group_discard(GROUP, channel)


switchboard = Switchboard()


def sessions_group(user_id: int) -> str:
    """The topic that all sockets of a user listen to; `session.changed` there makes them look whether they may stay."""
    return f"sessions.{user_id}"


def announce(event: dict, *topics: str) -> None:
    """From any other thread. Never fails because of the layer, and waits for it a second at the most."""
    loop = switchboard.loop
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(functools.partial(switchboard.tell, event, *topics))
    else:  # no socket has come to this process yet
        async_to_sync(publish)(event, topics, sender=switchboard.name)


async def publish(event: dict, topics: Iterable[str], *, sender: str) -> None:
    news = {"type": "news", "sender": sender, "topics": list(topics), "event": event}
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(GROUP, news)
    except LAYER_ERRORS as error:
        logger.warning("The channel layer does not answer, other processes hear of this late: %s", error)
