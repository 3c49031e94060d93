import json

from django.conf import settings

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
REFUSAL = json.dumps({"detail": "The request body is too large.", "code": "body_too_large"}).encode()


class BoundedBody:
    """ASGI middleware: refuses huge bodies, and tells the length of chunked ones, which WSGI would take for empty."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = dict(scope["headers"])
        if int(headers.get(b"content-length", 0)) > LIMIT:
            await refuse(send)
        elif b"transfer-encoding" in headers:
            await self._pass_on_whole(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _pass_on_whole(self, scope, receive, send):
        body = await read_bounded(receive)
        if body is None:
            await refuse(send)
        else:
            length = (b"content-length", str(len(body)).encode())
            await self.app({**scope, "headers": [*scope["headers"], length]}, replay(body, receive), send)


async def read_bounded(receive) -> bytes | None:
    """The whole body, or None when it passes the limit."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LIMIT:
            return None
    return bytes(body)


def replay(body: bytes, receive):
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed():
        return pending.pop() if pending else await receive()

    return replayed


async def refuse(send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(REFUSAL)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": REFUSAL})
