"""Group commit of the chat's messages, for all sockets of a process."""

import asyncio
import contextvars
import logging
from collections.abc import Sequence

from django.db import Error

from realtime.threads import in_database, on_threads
from support.models import Message
from support.services import Post, post_message, post_together

logger = logging.getLogger(__name__)

MAX_BATCH = 100  # messages in one commit

committing = on_threads(1, "batching")  # those of the sockets may all be waiting for locks


class Batcher:
    """Group commit: messages that arrive during a commit share the next one. Who comes alone waits for nobody."""

    def __init__(self):
        self.waiting: list[tuple[Post, asyncio.Future]] = []
        self.work: asyncio.Task | None = None

    async def post(self, post: Post) -> tuple[Message, bool]:
        """Post a message through the batch, as `post_message` does."""
        loop = asyncio.get_running_loop()
        if self.work is None or self.work.get_loop() is not loop:  # a server has one for life, tests have one each
            self.waiting, self.work = [], None
        future = loop.create_future()
        self.waiting.append((post, future))
        if self.work is None or self.work.done():
            self.work = loop.create_task(self._store_waiting(), context=contextvars.Context())
        message = await future
        if message is not None:
            return message, True
        return await in_database(post_message)(**post._asdict())

    async def _store_waiting(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting[:MAX_BATCH], self.waiting[MAX_BATCH:]
            try:
                messages = await self._stored([post for post, _future in batch])
                for (_post, future), message in zip(batch, messages, strict=True):
                    if not future.done():  # its socket may have gone
                        future.set_result(message)
            finally:
                for _post, future in batch:
                    future.cancel()  # of those that have no result, because this task is being cancelled

    async def _stored(self, posts: list[Post]) -> Sequence[Message | None]:
        """Commit the batch; when something refuses it, each message goes by itself, and fails by its own fault only."""
        try:
            return await committing(post_together)(posts)
        except Error as error:  # an author's row is held, say
            logger.info("Messages could not be stored together: %s", type(error).__name__)
        except Exception:
            logger.exception("Messages could not be stored together")
        return [None] * len(posts)


batcher = Batcher()
