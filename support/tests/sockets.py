"""A client of the chat's socket, without a server between."""

import uuid
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg2
from django.db.models import Model

from realtime.threads import in_database
from rest.tests.servers import server_environment
from users.models import CustomUser
from users.tests import sockets
from users.tests.sockets import TIMEOUT, access_token, bearer

PATH = "/ws/support/"


class Socket(sockets.Socket):
    def __init__(self, path: str = PATH, **options):
        super().__init__(path, **options)

    async def write(self, text: str, **fields) -> str:
        """Send a message with a fresh `client_id`, which is returned."""
        client_id = str(uuid.uuid4())
        await self.say("message", **{"client_id": client_id, "text": text, **fields})
        return client_id

    async def hear_texts(self, count: int) -> list[str]:
        return [(await self.hear_type("message"))["text"] for _ in range(count)]


@asynccontextmanager
async def socket_of(user: CustomUser, path: str = PATH):
    """A socket that is authenticated and has heard `ready`, which is its `ready`."""
    socket = Socket(path, subprotocols=bearer(await in_database(access_token)(user)))
    assert await socket.connect(TIMEOUT) == (True, "support.v1")
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
