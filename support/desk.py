"""Where the messages of all sockets of a process come together, so that many of them share one commit."""

import asyncio
import logging
from collections.abc import Sequence

from django.db import IntegrityError

from support.models import Message
from support.services import Post, post_message, post_together
from users.sockets import DATABASE_DOWN, in_database

logger = logging.getLogger(__name__)

AT_ONCE = 100  # messages in one commit


class Desk:
    """What arrives while a commit is under way goes together with the next one. Who comes alone waits for nobody."""

    def __init__(self):
        self.waiting: list[tuple[Post, asyncio.Future]] = []
        self.work: asyncio.Task | None = None

    async def post(self, post: Post) -> tuple[Message, bool]:
        """As `post_message` does."""
        loop = asyncio.get_running_loop()
        if self.work is None or self.work.get_loop() is not loop:  # a server has one for life, tests have one each
            self.waiting, self.work = [], None
        future = loop.create_future()
        self.waiting.append((post, future))
        if self.work is None or self.work.done():
            self.work = loop.create_task(self._store_waiting())
        message = await future
        if message is not None:
            return message, True
        return await in_database(post_message)(**post._asdict())

    async def _store_waiting(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting[:AT_ONCE], self.waiting[AT_ONCE:]
            outcomes = await self._outcomes([post for post, _future in batch])
            for (_post, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():  # its socket has gone
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

    async def _outcomes(self, posts: list[Post]) -> Sequence[Message | Exception | None]:
        alone = [None] * len(posts)
        try:
            return await in_database(post_together)(posts)
        except DATABASE_DOWN as error:
            return [error] * len(posts)
        except IntegrityError:  # one of them repeats
            return alone
        except Exception:
            logger.exception("Messages could not be stored together")
            return alone


desk = Desk()
