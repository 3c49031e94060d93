"""The server's limit: an ASGI application without a framework."""

import os
from pathlib import Path

ANSWER = Path(os.environ.get("ANSWER", os.devnull)).read_bytes()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": ANSWER})
