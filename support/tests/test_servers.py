"""The same through real servers: daphne in processes of their own, a real client, and Redis between two of them."""

import asyncio
import json
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from django.db import connection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.threads import in_database
from rest.tests.races import wait_for_a_waiting_query
from rest.tests.servers import Daphne
from support import services
from support.models import Message
from support.tests.sockets import access_token, bearer, locked
from users.models import CustomUser

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT = 60  # seconds; more than a tick
HTTP = build_opener(ProxyHandler({}))


def connected(server: Daphne, token: str | None = None, query: str = "", **options):
    subprotocols = bearer(token) if token else None
    return connect(f"ws://127.0.0.1:{server.port}/ws/support/{query}", subprotocols=subprotocols, proxy=None, **options)


def post(server: Daphne, path: str, body: dict, token: str) -> dict:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(server.address(path), json.dumps(body).encode(), headers)  # noqa: S310 -- HTTP, as it says
    with HTTP.open(request, timeout=TIMEOUT) as response:
        return json.load(response)


async def token_of(user: CustomUser) -> str:
    return await in_database(access_token)(user)


async def hear(socket, type: str = "message") -> dict:
    async with asyncio.timeout(TIMEOUT):
        while (frame := json.loads(await socket.recv()))["type"] != type:
            pass
    return frame


async def hear_texts(socket, count: int) -> list[str]:
    return [(await hear(socket))["text"] for _ in range(count)]


def message(text: str) -> dict:
    return {"type": "message", "client_id": str(uuid.uuid4()), "text": text}


async def test_both_sides_talk_through_a_real_server(server, conversation, user, admin_user):
    async with (
        connected(server, await token_of(user)) as customer,
        connected(server, await token_of(admin_user)) as staff,
    ):
        await staff.send(json.dumps({"type": "subscribe", "conversation": conversation.pk, "after": 0}))
        await customer.send(json.dumps(message("Где мой латте?"), ensure_ascii=False))
        question = await hear(customer)
        await staff.send(json.dumps({**message("Несу!"), "conversation": conversation.pk}))

        assert customer.subprotocol == "support.v1"
        assert await hear(staff) == question
        assert (await hear(staff))["text"] == (await hear(customer))["text"] == "Несу!"


async def test_message_posted_over_http_is_heard_at_once(server, conversation, user):
    token = await token_of(user)
    async with connected(server, token) as socket:
        await hear(socket, "ready")
        began = time.monotonic()

        posted = post(server, f"/api/support/conversations/{conversation.pk}/messages/", message("over HTTP"), token)

        assert await hear(socket) == posted
        assert time.monotonic() - began < 9  # by an event, not by reconciliation


async def test_browser_learns_its_closing_and_strange_pages_stay_out(server, user):
    async with connected(server, "rubbish") as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    with pytest.raises(InvalidStatus) as refused:
        await connected(server, await token_of(user), origin="https://evil.example")

    assert closed.value.rcvd.code == 4401
    assert refused.value.response.status_code == 403


async def test_huge_frame_closes_only_its_own_socket(server, user):
    async with connected(server, await token_of(user)) as greedy, connected(server, await token_of(user)) as modest:
        await greedy.send("x" * (1024 * 1024))
        assert (await hear(greedy, "error"))["code"] == "malformed"

        await greedy.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed):
            await hear(greedy)
        await modest.send(json.dumps(message("still here")))

        assert (await hear(modest))["text"] == "still here"


async def test_client_is_dropped_when_not_reading_and_resumes_later(server, conversation, user, admin_user):
    text = "я" * 4000
    await in_database(store_many)(conversation, user, text, 3000)  # 24 MB: more than the kernel takes
    token = await token_of(user)
    async with connected(server, token, "?after=0") as lazy, connected(server, await token_of(admin_user)) as other:
        await other.send(json.dumps({**message("still here"), "conversation": conversation.pk}))
        assert (await hear(other))["text"] == "still here"
        await asyncio.sleep(7)

        heard = [frame["seq"] async for frame in until_closed(lazy) if frame["type"] == "message"]

    assert len(heard) < 3000
    async with connected(server, token, f"?after={heard[-1]}") as again:
        rest = [(await hear(again))["seq"] for _ in range(3000 - len(heard))]
    assert heard + rest == list(range(1, 3001))


async def until_closed(socket):
    with suppress(ConnectionClosed):
        while True:
            yield json.loads(await socket.recv())


def store_many(conversation, author, text: str, count: int) -> None:
    Message.objects.bulk_create(
        Message(conversation=conversation, seq=seq, author=author, is_staff=False, client_id=uuid.uuid4(), text=text)
        for seq in range(1, count + 1)
    )
    conversation.last_seq = count
    conversation.save()


async def test_client_is_dropped_when_it_asks_without_reading(server, user):
    async with raw_socket(server, await token_of(user)) as (reader, writer):
        await reader.readuntil(b"\r\n\r\n")

        with pytest.raises(ConnectionError):
            await ask_for_ever(writer)


async def ask_for_ever(writer) -> None:
    while True:
        writer.write(PING * 100)
        await asyncio.wait_for(writer.drain(), TIMEOUT)


async def test_server_stays_small_when_a_client_never_reads(start, conversation, user, admin_user):
    await in_database(store_many)(conversation, user, "я" * 4000, 3000)
    server = start()
    frame = masked(b"x" * (1024 * 1024 - 1))
    async with connected(server, await token_of(admin_user)) as other:
        await hear(other, "ready")
        before = memory_of(server)
        async with raw_socket(server, await token_of(user), "?after=0") as (_reader, writer):
            await asyncio.wait_for(send_until_closed(writer, frame * 300), TIMEOUT)

    assert memory_of(server) - before < 150 * 1024  # KiB; half of what was sent


async def send_until_closed(writer, data: bytes) -> None:
    with suppress(ConnectionError):
        writer.write(data)
        await writer.drain()


def masked(payload: bytes) -> bytes:
    """A text frame as a client sends it, with a mask of zeros."""
    return b"\x81\xff" + len(payload).to_bytes(8, "big") + bytes(4) + payload


PING = b"\x89\xfd" + bytes(4) + b"p" * 125


def memory_of(server: Daphne) -> int:
    """KiB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@asynccontextmanager
async def raw_socket(server: Daphne, token: str, query: str = ""):
    """A client that has asked for a WebSocket and from then on does what it likes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    lines = [
        f"GET /ws/support/{query} HTTP/1.1", f"Host: 127.0.0.1:{server.port}",
        "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {token}",
    ]  # fmt: skip
    writer.write("\r\n".join([*lines, "", ""]).encode())
    yield reader, writer
    writer.transport.abort()


async def test_endless_fragmented_frame_disturbs_nobody(server, user):
    token = await token_of(user)
    async with raw_socket(server, token) as (_reader, writer), connected(server, token) as socket:
        writer.write(masked(b"x" * 1000)[:500])
        text = json.dumps(message("in three parts"))

        await socket.send([text[:10], text[10:20], text[20:]])

        assert (await hear(socket))["text"] == "in three parts"


async def test_socket_lives_on_when_the_database_drops_its_connections(start, user):
    ours = await in_database(connections)()
    server = start()
    async with connected(server, await token_of(user)) as socket:
        await socket.send(json.dumps(message("one")))
        await hear(socket)
        await in_database(drop_connections)((await in_database(connections)()) - ours)

        again = message("two")
        answers = []
        while "message" not in answers:  # as many attempts as there are threads with a dead connection, at the most
            assert len(answers) <= 4
            await socket.send(json.dumps(again))
            answers.append(json.loads(await asyncio.wait_for(socket.recv(), TIMEOUT))["type"])


def connections() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {pid for (pid,) in cursor.fetchall()}


def drop_connections(pids: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [sorted(pids)])


async def test_sockets_are_told_to_return_when_servers_restart(start, user):
    server = start()
    async with connected(server, await token_of(user)) as socket:
        await hear(socket, "ready")

        server.process.send_signal(signal.SIGTERM)

        with pytest.raises(ConnectionClosed) as closed:
            await hear(socket)
    assert closed.value.rcvd.code == 1012


async def test_server_stops_while_a_request_waits_for_the_database(start, conversation, user):
    server, token = start(), await token_of(user)
    path = f"/api/support/conversations/{conversation.pk}/messages/"
    with ThreadPoolExecutor(1) as others, locked(conversation):
        request = others.submit(post, server, path, message("too late"), token)
        await in_database(wait_for_a_waiting_query)()

        server.process.send_signal(signal.SIGTERM)

        await asyncio.to_thread(server.process.wait, TIMEOUT)
        with pytest.raises(HTTPError, match="503") as refusal:  # the lock's own timeout, and nothing half done
            request.result(TIMEOUT)
        refusal.value.close()


async def test_nothing_is_lost_when_the_server_is_killed_between(start, conversation, user, admin_user):
    first = start()
    async with connected(first, await token_of(user)) as socket:
        await socket.send(json.dumps(message("one")))
        await hear(socket)
        first.process.kill()
    await in_database(services.post_message)(
        conversation_id=conversation.pk, author=admin_user, client_id=uuid.uuid4(), text="two"
    )

    async with connected(start(), await token_of(user), "?after=0") as socket:
        assert await hear_texts(socket, 2) == ["one", "two"]


async def test_two_servers_share_a_conversation_over_redis(start, conversation, user, admin_user, redis_url):
    common = {"REDIS_URL": redis_url, "REDIS_PREFIX": f"test-{uuid.uuid4().hex}"}
    one, other = start(**common), start(**common)
    async with connected(one, await token_of(user)) as customer, connected(other, await token_of(admin_user)) as staff:
        await hear(customer, "ready")
        await staff.send(json.dumps({"type": "subscribe", "conversation": conversation.pk, "after": 0}))
        await staff.send(json.dumps({"type": "typing"}))
        await hear(staff, "error")
        began = time.monotonic()

        await customer.send(json.dumps(message("here")))
        assert (await hear(staff))["text"] == "here"
        await staff.send(json.dumps({**message("there"), "conversation": conversation.pk}))
        assert await hear_texts(customer, 2) == ["here", "there"]
        post(other, f"/api/support/conversations/{conversation.pk}/messages/", message("HTTP"), await token_of(user))
        assert (await hear(customer))["text"] == "HTTP"

        assert time.monotonic() - began < 8  # by Redis, not by reconciliation


async def test_talk_goes_on_when_redis_is_down(start, conversation, user, admin_user):
    server = start(REDIS_URL="redis://127.0.0.1:1/0")
    token = await token_of(user)
    async with connected(server, token) as customer, connected(server, await token_of(admin_user)) as staff:
        await staff.send(json.dumps({"type": "subscribe", "conversation": conversation.pk, "after": 0}))
        await customer.send(json.dumps(message("socket")))
        post(server, f"/api/support/conversations/{conversation.pk}/messages/", message("HTTP"), token)

        assert await hear_texts(customer, 2) == await hear_texts(staff, 2)


async def test_other_servers_message_comes_within_15_seconds_without_redis(start, conversation, user, admin_user):
    one, other = (start(REDIS_URL="redis://127.0.0.1:1/0") for _ in range(2))
    async with connected(one, await token_of(user)) as customer, connected(other, await token_of(admin_user)) as staff:
        await hear(customer, "ready")
        began = time.monotonic()

        await staff.send(json.dumps({**message("late, not lost"), "conversation": conversation.pk}))

        assert (await hear(customer))["text"] == "late, not lost"
        assert time.monotonic() - began < 15
