import io
import json

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
REFUSAL = json.dumps({"detail": "The request body is too large.", "code": "body_too_large"}).encode()


class Utf8Request(WSGIRequest):
    """All that comes is UTF-8, whatever its header says: Python knows encodings that are none for text, and fails."""

    def _set_content_type_params(self, meta: dict) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # boundary*=nowhere''x
            self.content_type, self.content_params = "", {}


def bounded(app):
    """WSGI middleware that does the same under gunicorn as `BoundedBody` does under daphne."""

    def application(environ, start_response):
        if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(LIMIT + 1)
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if int(environ.get("CONTENT_LENGTH") or 0) > LIMIT:
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(REFUSAL)))]
            start_response("413 Content Too Large", headers)
            return [REFUSAL]
        return app(environ, start_response)

    return application


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
