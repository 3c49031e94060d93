"""Where the messages of all sockets of a process come together, so that many of them share one commit."""

import asyncio

from support.models import Message
from support.services import Post, post_message, post_together
from users.sockets import in_database

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
            try:
                messages = await in_database(post_together)([post for post, _future in batch])
            except Exception as error:  # whatever it is, it is each author's
                for _post, future in batch:
                    if not future.done():  # its socket may have gone
                        future.set_exception(error)
            else:
                for (_post, future), message in zip(batch, messages, strict=True):
                    if not future.done():
                        future.set_result(message)


desk = Desk()
