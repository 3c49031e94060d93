"""HTTP under daphne: synchronous Django as a whole, one hop to a thread of a fixed pool and one back."""

import asyncio
import contextvars
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from a2wsgi.wsgi import build_environ

from CoffeeShop.serving.bodies import LIMIT, without_body


class Bridge:
    """A WSGI application as an ASGI one. Bodies come whole, as daphne has them; too large ones do not.

    An answer of one piece, as nearly all are, comes back with the end of the thread's work. Each hop between thread and
    loop costs more than most views do.
    """

    def __init__(self, app: Callable, threads: int):
        self.app = app
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="http")

    async def __call__(self, scope, receive, send):
        body = b"" if declared_length(scope) > LIMIT else await read_bounded(receive)
        if body is None:
            return  # nobody is there to hear an answer
        environ = build_environ({**scope, "root_path": ""}, io.BytesIO(body))
        if max(declared_length(scope), len(body)) > LIMIT:
            environ |= without_body()
        else:  # of a chunked body WSGI would not know the length, and take it for empty
            environ["CONTENT_LENGTH"] = str(len(body))
        loop = asyncio.get_running_loop()

        def pass_on(message: dict) -> None:
            asyncio.run_coroutine_threadsafe(send(message), loop).result()

        run = contextvars.copy_context().run
        for message in await loop.run_in_executor(self.threads, run, self.answer, environ, pass_on):
            await send(message)

    def answer(self, environ: dict, pass_on: Callable[[dict], None]) -> list[dict]:
        """Run the WSGI application in a thread. Passes on what comes in pieces, and returns what is left to send: the
        last piece, or all.
        """
        held: list[dict] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info=None) -> None:
            encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            held.append({"type": "http.response.start", "status": int(status.partition(" ")[0]), "headers": encoded})

        pieces = self.app(environ, start_response)
        try:
            for number, piece in enumerate(pieces):
                if number:
                    for message in held:
                        pass_on(message)
                    held.clear()
                held.append({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            pieces.close()
        if held[-1]["type"] == "http.response.start":
            held.append({"type": "http.response.body", "body": b""})
        return [*held[:-1], {**held[-1], "more_body": False}]


def declared_length(scope) -> int:
    return int(dict(scope["headers"]).get(b"content-length", 0))


async def read_bounded(receive) -> bytes | None:
    """The whole body, or as much of it as shows that it passes the limit; None when it is cut off."""
    body, more = bytearray(), True
    while more and len(body) <= LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)
