"""HTTP in one hop on a fixed pool of threads, see docs/adr/0001, that does not keep a stopping server from its end."""

import asyncio

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder

LOOK_SECONDS = 1.0


class Responder(WSGIResponder):
    def send(self, message: dict | None) -> None:
        """From a thread to the loop. When that has stopped nobody will ever take the message, and the thread must end:
        the process waits for it."""
        sent = asyncio.run_coroutine_threadsafe(self.send_queue.put(message), self.loop)
        while True:
            try:
                return sent.result(LOOK_SECONDS)
            except TimeoutError:
                if not self.loop.is_running():
                    raise


class WSGIHop(WSGIMiddleware):
    async def __call__(self, scope, receive, send) -> None:
        await Responder(self.app, self.executor, self.send_queue_size)(scope, receive, send)
