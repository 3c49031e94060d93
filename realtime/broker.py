"""Publish and subscribe for sockets: from any thread of this process, and across processes by the channel layer.

An event is a hint. The layer may lose any of it, or be down: a subscriber has to reconcile with the database now and
then without being told. A process has one channel for all its sockets, so that a layer in trouble is met in one place.
"""

import asyncio
import contextlib
import functools
import logging
import os
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable

from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from realtime.logs import OncePerMinute

logger = logging.getLogger(__name__)
logger.addFilter(OncePerMinute())

GROUP = "sockets"
LAYER_ERRORS = (RedisError, OSError, ChannelFull)  # OSError: also what asyncio.timeout raises
SEND_SECONDS = 1.0
RETRY_SECONDS = 5.0


class Inbox(asyncio.Queue):
    """One subscriber's queue of events, bounded: what finds no room is lost, and found again in the database."""

    MAX_EVENTS = 1000

    def __init__(self):
        super().__init__()
        self.topics: set[str] = set()

    def deliver(self, event: dict) -> None:
        if self.qsize() < self.MAX_EVENTS:
            self.put_nowait((event, False))

    def put_first(self, event: dict) -> None:
        """Put an event before all others, beyond the bound: for what must happen, such as the end of a socket."""
        self.put_nowait((event, True))

    def _put(self, item: tuple[dict, bool]) -> None:
        event, is_first = item
        (self._queue.appendleft if is_first else self._queue.append)(event)


class Broker:
    """Subscriptions of this process: which inboxes want the events of which topic."""

    def __init__(self):
        self.name = uuid.uuid4().hex
        self.loop: asyncio.AbstractEventLoop | None = None
        self.subscribers: defaultdict[str, set[Inbox]] = defaultdict(set)
        self.tasks: set[asyncio.Task] = set()  # the loop itself forgets tasks that nobody holds

    def subscribe(self, inbox: Inbox, *topics: str) -> None:
        self._ensure_listening()
        inbox.topics.update(topics)
        for topic in topics:
            self.subscribers[topic].add(inbox)

    def unsubscribe(self, inbox: Inbox) -> None:
        for topic in inbox.topics:
            self.subscribers[topic].discard(inbox)
            if not self.subscribers[topic]:
                del self.subscribers[topic]

    def publish(self, event: dict, *topics: str) -> None:
        """From the server's loop: at once to our own sockets, and on to the other processes."""
        self._deliver(event, topics)
        self._spawn(send_to_others(event, topics, sender=self.name))

    def _ensure_listening(self) -> None:
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
        for inbox in set().union(*(self.subscribers.get(topic, ()) for topic in topics)):
            inbox.deliver(event)

    async def _listen(self) -> None:
        while True:
            try:
                await self._receive_from_others()
            except LAYER_ERRORS as error:
                logger.warning("The channel layer does not answer, events from other processes are late: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _receive_from_others(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                message = await layer.receive(channel)
                if message["sender"] != self.name:
                    self._deliver(message["event"], message["topics"])
        finally:
            with contextlib.suppress(*LAYER_ERRORS):
                await layer.group_discard(GROUP, channel)


broker = Broker()


def publish(event: dict, *topics: str) -> None:
    """From any other thread. Never fails because of the layer, and waits for it a second at the most."""
    loop = broker.loop
    if loop is not None and loop.is_running():
        loop.call_soon_threadsafe(functools.partial(broker.publish, event, *topics))
    else:  # no socket has come to this process yet
        sending = send_to_others(event, topics, sender=broker.name)
        with starting:
            loop = _loop_of_process(os.getpid())
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(sending, loop).result(2 * SEND_SECONDS)


starting = threading.Lock()  # two threads that publish first at once would each start a loop


@functools.cache
def _loop_of_process(pid: int) -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, where there is no server's: a new one for each event would connect to Redis each
    time. By the process, because a fork takes no thread along.
    """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="publish", daemon=True).start()
    return loop


async def send_to_others(event: dict, topics: Iterable[str], *, sender: str) -> None:
    message = {"type": "event", "sender": sender, "topics": list(topics), "event": event}
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(GROUP, message)
    except LAYER_ERRORS as error:
        logger.warning("The channel layer does not answer, other processes hear of this late: %s", error)
