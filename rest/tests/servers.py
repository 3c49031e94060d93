"""Real servers for tests: processes of their own that work on the test database."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection


def server_environment(**changes: str) -> dict[str, str]:
    """For a process of its own that works on the test database."""
    database = connection.settings_dict
    login = ":".join(quote(part, safe="") for part in (database["USER"], database["PASSWORD"]) if part)
    url = f"postgres://{login}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    ours = {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY, "ENV_FILE": os.devnull, "REDIS_URL": ""}
    return {**os.environ, **ours, **changes}


class Server:
    """A Python process that serves the test database on a port of its own choice, and says so."""

    said: str | None = None

    def __init__(self, command: str, **environment: str):
        self.process = subprocess.Popen(
            [sys.executable, *command.split()],
            cwd=settings.BASE_DIR, env=server_environment(**environment), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.port = self._port()
        # Somebody has to read on, or the server waits for room in the pipe.
        self.reader = ThreadPoolExecutor(1)
        self.rest = self.reader.submit(self.process.stderr.read)

    def _port(self) -> int:
        for line in self.process.stderr:
            if found := re.search(r"Listening (?:on TCP address |at: http://)127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError("the server did not start")

    def stop(self) -> str:
        """What it has said since it listens. It may have stopped before."""
        if self.said is None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.said = self.rest.result()
            self.reader.shutdown()
            self.process.stderr.close()
        return self.said


class Daphne(Server):
    """On this port or on one of its own choice."""

    def __init__(self, port: int = 0, **environment: str):
        super().__init__(f"-m daphne -b 127.0.0.1 -p {port} CoffeeShop.asgi:application", **environment)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


# Between two looks into the database: what a test changes there itself, no event tells the server's sockets.
OFTEN = {"SOCKET_LIMITS": "TICK_SECONDS=0.5"}


@pytest.fixture(scope="module")
def server(django_db_setup):
    """One for all tests of a module that do not break it."""
    server = Daphne(**OFTEN)
    yield server
    server.stop()


@pytest.fixture
def start():
    """Servers of the test's own. Those that were killed may be stopped again."""
    servers = []

    def start(**options) -> Daphne:
        servers.append(Daphne(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def redis_url() -> str:
    if url := os.environ.get("TEST_REDIS_URL"):
        return url
    if os.environ.get("CI") == "true":
        pytest.fail("CI has to set TEST_REDIS_URL.")
    pytest.skip("TEST_REDIS_URL is not set")
