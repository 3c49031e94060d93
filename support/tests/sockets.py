"""A client of the real ASGI application, without a server between."""

import json
import uuid
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg2
from asgiref.testing import ApplicationCommunicator
from channels.routing import get_default_application
from channels.testing import WebsocketCommunicator
from django.db.models import Model

from conftest import server_environment
from realtime.threads import in_database
from users.models import CustomUser
from users.tokens import start_family

PATH = "/ws/support/"
PATIENCE = 5  # seconds


class Socket(WebsocketCommunicator):
    # Channels' own versions keep the threads' database connections open, for in-memory databases; ours is none.
    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output

    def __init__(self, path: str = PATH, **options):
        super().__init__(get_default_application(), path, **options)

    async def say(self, type: str, **fields) -> None:
        await self.send_to(text_data=json.dumps({"type": type, **fields}))

    async def write(self, text: str, **fields) -> str:
        """Send a message with a fresh `client_id`, which is returned."""
        client_id = str(uuid.uuid4())
        await self.say("message", **{"client_id": client_id, "text": text, **fields})
        return client_id

    async def hear(self) -> dict:
        """The next frame."""
        return json.loads(await self.receive_from(PATIENCE))

    async def hear_type(self, type: str) -> dict:
        """The next frame of this type."""
        while (frame := await self.hear())["type"] != type:
            pass
        return frame

    async def hear_texts(self, count: int) -> list[str]:
        return [(await self.hear_type("message"))["text"] for _ in range(count)]

    async def close_code(self) -> int:
        """What the server closes with, whatever it says before."""
        while (event := await self.receive_output(PATIENCE))["type"] != "websocket.close":
            pass
        return event["code"]


def bearer(token: str) -> list[str]:
    return ["support.v1", f"bearer.{token}"]


def access_token(user: CustomUser) -> str:
    return start_family(user)["access"]


@asynccontextmanager
async def socket_of(user: CustomUser, path: str = PATH):
    """A socket that is authenticated and has heard `ready`, which is its `ready`."""
    socket = Socket(path, subprotocols=bearer(await in_database(access_token)(user)))
    assert await socket.connect(PATIENCE) == (True, "support.v1")
    socket.ready = await socket.hear()
    yield socket
    await socket.disconnect()


@contextmanager
def locked(row: Model) -> Iterator[None]:
    """Somebody else, who keeps the row to themselves."""
    with psycopg2.connect(server_environment()["DATABASE_URL"]) as own, own.cursor() as cursor:
        cursor.execute(f"SELECT FROM {row._meta.db_table} WHERE id = %s FOR UPDATE", [row.pk])
        yield
    own.close()
