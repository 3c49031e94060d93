import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import hypothesis
import pytest
import pytest_asyncio
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase
from playwright.async_api import async_playwright
from rest_framework.test import APIClient

from CoffeeShop.tests.described_frames import require_description
from CoffeeShop.tests.flush import flush
from CoffeeShop.tests.nasty import VALUES
from products.models import Branch
from realtime.limits import buckets
from users.models import CustomUser
from users.tests.factories import AdminFactory, UserFactory
from users.tests.sockets import Socket
from users.tokens import start_family


def pytest_configure():
    TransactionTestCase._fixture_teardown = flush
    # Argon2 is slow on purpose; what is tested is who may sign in, not how long guessing takes.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    # Nothing ends or writes by itself while a test looks, and the one customer of many tests orders often.
    settings.TEND_SECONDS = 0
    settings.OPEN_ORDERS = 1000
    Path(settings.BASE_DIR, ".local").mkdir(exist_ok=True)  # where SQLite's test database is
    # Every client starts the middleware anew; static files are looked for when one is asked for, not each time.
    settings.WHITENOISE_AUTOREFRESH = True
    hypothesis.settings.register_profile("shop", deadline=None)  # a busy machine is no failure
    hypothesis.settings.load_profile("shop")


def pytest_terminal_summary(terminalreporter):
    """How many nasty inputs were tried, in whatever processes."""
    counts = Counter()
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        counts.update(dict(report.user_properties).get("nasty", {}))
    if counts:
        figures = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        terminalreporter.write_line(f"nasty inputs: {figures}, {len(VALUES)} hostile values")


def client_of(user: CustomUser | None) -> APIClient:
    """A client that brings the user's real token, and gets a 500 as a client does."""
    client = APIClient(raise_request_exception=False)
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_family(user)['access']}")
    return client


def in_parallel(calls: list[Callable[[], object]]) -> list:
    """What the calls return, each made in its own thread and over its own connection, all at the same moment."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns often enough to get into each other's way
    try:
        return racers.run(calls)
    finally:
        sys.setswitchinterval(interval)


class Racers:
    """A thread pool that keeps its threads and their connections until the test ends, as a server does."""

    def __init__(self):
        self.pool, self.size = None, 0

    def run(self, calls: list[Callable[[], object]]) -> list:
        if len(calls) > self.size:
            self.close()
            self.pool, self.size = ThreadPoolExecutor(len(calls)), len(calls)
        together = threading.Barrier(len(calls))  # one call for each thread, since none is done before all have begun

        def run(call):
            together.wait(10)
            try:
                return call()
            finally:
                if connection.errors_occurred:
                    connection.close()

        futures = [self.pool.submit(run, call) for call in calls]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        if self.pool is not None:
            self.run([lambda: connection.close()] * self.size)  # each thread its own
            self.pool.shutdown()
            self.pool, self.size = None, 0


racers = Racers()


def meeting(number: int) -> Callable:
    """Stands in for a lock, for negative controls: nobody waits for a row, but none of `number` writes before all read.

    A barrier in the lock's place would leave it to luck whether the last reads before the first has committed.
    """
    together = threading.Barrier(number)

    def meet_before_writing(execute, sql, *rest):
        if re.search(r"\b(UPDATE|INSERT|DELETE)\b", sql):  # also what locks: it would keep the others from reading
            connection.execute_wrappers.remove(meet_before_writing)
            with suppress(threading.BrokenBarrierError):
                together.wait(10)
        return execute(sql, *rest)

    def unlocked(rows=None, **options):
        if meet_before_writing not in connection.execute_wrappers:
            connection.execute_wrappers.append(meet_before_writing)
        return rows

    return unlocked


def overtaken(write: Callable[[], object], late: Callable[[], object]) -> object:
    """What `late` returns, which began while `write` was not yet committed, and waited for it."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write()
            answer = pool.submit(in_parallel, [late])
            wait_for_a_waiting_query()
        return answer.result()[0]


def wait_for_a_waiting_query() -> None:
    """Until somebody waits for a lock in the test database."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first look again otherwise
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone() is not None:
                return
            time.sleep(0.02)
    raise AssertionError("no query waits for a lock")


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
            self.process.wait(timeout=20)
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


@pytest.fixture(scope="module")
def server(django_db_setup):
    """One for all tests of a module that do not break it."""
    server = Daphne()
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


@pytest.fixture(scope="session")
def chromium() -> dict:
    """How playwright launches the browser of the pages' tests."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI has to install Chromium.")
    if found is None:
        pytest.skip("Chromium is not installed")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {"executable_path": found, "args": quiet}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_chromium(chromium):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running_chromium):
    """One process for all tests of a worker, which share its event loop (`asyncio(loop_scope="session")`).

    Contexts share nothing; each test's are closed after it.
    """
    yield running_chromium
    for context in running_chromium.contexts:
        await context.close()


@pytest.fixture(scope="session", autouse=True)
def short_connections():
    """The sockets' threads outlive the tests; a connection they kept would keep the test database, too."""
    connection.settings_dict["CONN_MAX_AGE"] = 0


@pytest.fixture(scope="session", autouse=True)
def described_frames():
    """Whatever a test's socket hears has to be as the AsyncAPI document says."""
    Socket.checks.append(require_description)


@pytest.fixture(autouse=True)
def nothing_from_other_tests():
    cache.clear()
    buckets.clear()
    yield
    racers.close()


@pytest.fixture
def user(db) -> CustomUser:
    return UserFactory(username="anna")


@pytest.fixture
def admin_user(db) -> CustomUser:
    return AdminFactory(username="boss")


@pytest.fixture
def anonymous() -> APIClient:
    return client_of(None)


@pytest.fixture
def client(user) -> APIClient:
    return client_of(user)


@pytest.fixture
def admin_client(admin_user) -> APIClient:
    return client_of(admin_user)


@pytest.fixture
def branch(db) -> Branch:
    return default_branch()


def default_branch() -> Branch:
    """A migration made it; tests with real commits have it flushed away."""
    return Branch.objects.get_or_create(slug="main", defaults={"name": "CoffeeShop", "is_default": True})[0]
