"""A client of the real ASGI application, without a server between."""

import json
from collections.abc import Callable
from typing import ClassVar

from asgiref.testing import ApplicationCommunicator
from channels.routing import get_default_application
from channels.testing import WebsocketCommunicator

from users.models import CustomUser
from users.tokens import start_family

TIMEOUT = 9  # seconds: less than a tick, so that what comes by an event only is missed without it


class Socket(WebsocketCommunicator):
    checks: ClassVar[list[Callable[[str, dict], None]]] = []  # of every frame heard, with the socket's path

    # Channels' own versions keep the threads' database connections open, for in-memory databases; ours is none.
    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output

    def __init__(self, path: str, **options):
        super().__init__(get_default_application(), path, **options)

    async def receive_from(self, timeout: float = TIMEOUT) -> str:
        text = await super().receive_from(timeout)
        for check in self.checks:
            check(self.scope["path"], json.loads(text))
        return text

    async def say(self, type: str, **fields) -> None:
        await self.send_to(text_data=json.dumps({"type": type, **fields}))

    async def hear(self) -> dict:
        """The next frame."""
        return json.loads(await self.receive_from(TIMEOUT))

    async def hear_type(self, type: str) -> dict:
        """The next frame of this type."""
        while (frame := await self.hear())["type"] != type:
            pass
        return frame

    async def close_code(self) -> int:
        """What the server closes with, whatever it says before."""
        while (event := await self.receive_output(TIMEOUT))["type"] != "websocket.close":
            pass
        return event["code"]


def bearer(token: str, subprotocol: str = "support.v1") -> list[str]:
    return [subprotocol, f"bearer.{token}"]


def access_token(user: CustomUser) -> str:
    return start_family(user)["access"]
