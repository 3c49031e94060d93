"""docs/websocket.md, played: its frames against a real server, and its two clients."""

import asyncio
import json
import os
import re
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request

import pytest
from django.conf import settings
from django.db.models import Model
from rest_framework_simplejwt.tokens import AccessToken
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime.threads import in_database
from support.tests.pages.conftest import address, new_page
from support.tests.sockets import access_token, bearer
from support.tests.test_servers import HTTP, Daphne
from users.models import CustomUser

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = Path(settings.BASE_DIR, "docs", "websocket.md")
TIMEOUT = 30  # seconds
CONVERSATION = re.compile(r"(?<=/conversations/)7(?=/)|(?<=\"conversation\": )7(?=[,}])")
# What differs from run to run.
PASSING = {"id", "conversation", "created_at", "updated_at", "waiting_since", "last_message_at"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Stage:
    """Where the document's frames are played: who talks is at the beginning of a line. Its number 7 is `subject`."""

    SUBPROTOCOL, NUMBER = "support.v1", CONVERSATION

    def __init__(self, server: Daphne, subject: Model, tokens: dict[str, str | None]):
        self.server, self.subject, self.tokens = server, subject, tokens
        self.sockets, self.answers, self.stack = {}, {}, AsyncExitStack()

    async def play(self, line: str) -> str:
        """Do what a line says. Returns the line as it really was."""
        name, sign, rest = line.split(" ", 2)
        return f"{name} {sign} {await getattr(self, self.SIGNS[sign])(name, rest)}"

    async def open(self, name: str, path: str) -> str:
        token = self.tokens[name]
        options = {"subprotocols": bearer(token, self.SUBPROTOCOL)} if token else {}
        socket = connect(f"ws://127.0.0.1:{self.server.port}{path}", proxy=None, **options)
        self.sockets[name] = await self.stack.enter_async_context(socket)
        return path

    def spoken(self, text: str) -> str:
        return self.NUMBER.sub(str(self.subject.pk), text)

    async def say(self, name: str, frame: str) -> str:
        spoken = self.spoken(frame)
        await self.sockets[name].send(spoken.replace("<access token>", self.tokens["customer"]))
        return frame

    async def hear(self, name: str, _frame: str) -> str:
        async with asyncio.timeout(TIMEOUT):
            return await self.sockets[name].recv()

    async def hear_the_end(self, name: str, _code: str) -> str:
        with pytest.raises(ConnectionClosed) as closed:
            await self.hear(name, "")
        return str(closed.value.rcvd.code)

    async def ask(self, name: str, request: str) -> str:
        method, path, *body = self.spoken(request).split(" ", 2)
        headers = {"Authorization": f"Bearer {self.tokens[name]}", "Content-Type": "application/json"}
        data = body[0].encode() if body else None
        asked = Request(address(self.server, path), data, headers, method=method)  # noqa: S310 ours, http
        self.answers[name] = await asyncio.to_thread(self.fetch, asked)
        return request

    async def be_answered(self, name: str, _answer: str) -> str:
        return self.answers[name]

    @staticmethod
    def fetch(request: Request) -> str:
        try:
            response = HTTP.open(request, timeout=TIMEOUT)
        except HTTPError as error:
            response = error
        with response:
            return f"{response.status} {response.read().decode()}"

    SIGNS = {"⇄": "open", "→": "say", "←": "hear", "✕": "hear_the_end", "⇒": "ask", "⇐": "be_answered"}


def settled(line: str):
    """A line without what differs from run to run: `(everything before the JSON, the JSON)`."""
    before, brace, rest = line.partition("{")
    return before, masked(json.loads(brace + rest)) if brace else None


def masked(value):
    if isinstance(value, list):
        return [masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: "…" if key in PASSING and not isinstance(one, dict | None) else masked(one) for key, one in value.items()
    }


def short_token(user: CustomUser) -> str:
    """Good for a minute and a moment, so that the notice of its end comes soon."""
    token = AccessToken(access_token(user))
    token.set_exp(lifetime=timedelta(seconds=62))
    return str(token)


async def test_frames_of_the_document_are_what_a_server_says(server, conversation, user, admin_user):
    admin_user.first_name = "Vera"  # customers read no sign-in name
    await in_database(admin_user.save)()
    user_token, admin_token = [await in_database(access_token)(one) for one in (user, admin_user)]
    short = await in_database(short_token)(user)
    tokens = {
        "customer": user_token,
        "staff": admin_token,
        "short": short,
        "guest": None,
        "hasty": None,
        "impostor": "x",
    }
    stage = Stage(server, conversation, tokens)
    lines = "".join(blocks("frames")).splitlines()

    async with stage.stack:
        played = [await stage.play(line) for line in lines]

    assert len(lines) > 50
    for documented, real in zip(lines, played, strict=True):
        assert settled(documented) == settled(real)


@pytest.mark.asyncio(loop_scope="session")  # the browser's own
async def test_javascript_client_of_the_document_outlives_a_restart(browser, start, user):
    server, token = start(), await in_database(access_token)(user)
    (client,) = blocks("js")
    page = await new_page(browser, bypass_csp=True)  # our pages run no script that is not a file of ours
    await page.goto(address(server, "/support/"))
    await page.add_script_tag(content=f"{client}; window.heard = []; window.Chat = Chat")
    await page.evaluate(
        """([url, token]) => {
            window.chat = new Chat(url, async () => token, ({ seq, text }) => heard.push(`${seq} ${text}`));
            chat.send("before");
        }""",
        [f"ws://127.0.0.1:{server.port}/ws/support/", token],
    )
    await page.wait_for_function("heard.length === 1 && !chat.unsent.size")

    server.process.kill()
    await page.evaluate("chat.send('between')")
    start(port=server.port)
    await page.wait_for_function("heard.length === 2")
    await page.evaluate("chat.send('after ☕')")

    await page.wait_for_function("heard.length === 3 && !chat.unsent.size")
    assert await page.evaluate("heard") == ["1 before", "2 between", "3 after ☕"]


async def test_python_client_of_the_document_outlives_a_restart(start, user, tmp_path):
    server, token = start(), await in_database(access_token)(user)
    (client,) = blocks("python")
    script = tmp_path / "client.py"
    script.write_text(client, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "NO_PROXY": "*"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, script, f"ws://127.0.0.1:{server.port}/ws/support/", token,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip

    async def said(text: str) -> str:
        process.stdin.write(f"{text}\n".encode())
        async with asyncio.timeout(TIMEOUT):
            return (await process.stdout.readline()).decode().strip()

    try:
        assert await said("before") == "1 anna before"
        server.process.kill()
        between = asyncio.create_task(said("between"))
        await asyncio.to_thread(start, port=server.port)
        assert await between == "2 anna between"
        assert await said("after ☕") == "3 anna after ☕"
    finally:
        process.kill()
        await process.wait()
