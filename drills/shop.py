"""The real processes of a shop, started as `docs/operations.md` starts them, for drills to break.

`with open_shop(web=2) as shop:` migrates an empty database and sets up Django in this process on the same database, so
that a drill may write what it needs with the ORM; import models inside functions, after that.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from drills import Failed, require
from drills.proxy import Wire
from environment import ROOT, isolated_environment
from postgres import Postgres, free_port, throwaway_postgres
from redisserver import Redis, throwaway_redis

HTTP = build_opener(ProxyHandler({}))  # the servers are on this machine, whatever proxy the environment names
TIMEOUT = 90  # seconds for a process to start or to stop, on a machine that does much else

# As everybody starts them: one table for drills, containers and process managers.
COMMANDS = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
COMMANDS["unstored"] = COMMANDS["ws"].replace("CoffeeShop.asgi", "drills.unstored")
COMMANDS["shifted"] = COMMANDS["web"].replace("CoffeeShop.wsgi", "drills.shifted:application")
COMMANDS["unlocked"] = COMMANDS["web"].replace("CoffeeShop.wsgi", "drills.unlocked:application")
COMMANDS["day_web"] = COMMANDS["web"].replace("CoffeeShop.wsgi", "drills.day.wsgi")
COMMANDS["day_ws"] = COMMANDS["ws"].replace("CoffeeShop.asgi", "drills.day.asgi")
COMMANDS["day_mail"] = COMMANDS["mail"].replace("manage.py", "-m drills.day.manage")
SILENT = {"mail", "day_mail", "worker", "beat", "release"}  # the others are servers, each at a port of its own
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


class Process:
    """One process of the shop. It keeps its port over restarts; what it says goes to its own log."""

    def __init__(self, kind: str, env: dict[str, str], log: Path):
        self.kind, self.env, self.log = kind, env, log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        env = {**self.env, "ADDRESS": "127.0.0.1", "PORT": str(self.port), "PATH": PATH}
        command = ["sh", "-c", f"exec {COMMANDS[self.kind]}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        while self.kind not in SILENT and not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{self.kind} did not start:\n{self.said()[-2000:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with HTTP.open(f"{self.url}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (URLError, OSError):
            return False

    def kill(self) -> None:
        """kill -9, with the children it has."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM, as a deploy does. Returns how many seconds it took."""
        began = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{self.kind} does not stop on SIGTERM") from error
        return time.monotonic() - began

    def restart(self) -> None:
        self.start()
        self.wait_until_ready()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Shop:
    def __init__(self, postgres: Postgres, redis: Redis, env: dict[str, str], logs: Path):
        self.postgres, self.redis, self.env, self.logs = postgres, redis, env, logs
        self.processes: list[Process] = []

    @property
    def web(self) -> list[Process]:
        return self.of("web")

    @property
    def ws(self) -> list[Process]:
        return self.of("ws")

    def of(self, kind: str) -> list[Process]:
        return [process for process in self.processes if process.kind == kind]

    def add(self, kind: str, **env: str) -> Process:
        """Not started yet."""
        process = Process(kind, {**self.env, **env}, self.logs / f"{kind}-{len(self.of(kind)) + 1}.log")
        self.processes.append(process)
        return process

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True
        )

    def tell(self) -> None:
        """Print how the log of each process ends: the logs go with the drill."""
        for process in self.processes:
            print(f"--- {process.log.name}", *process.said().splitlines()[-40:], sep="\n", flush=True)

    def check_integrity(self) -> str:
        """Returns what the command says; raises Failed when the books do not balance."""
        done = self.manage("check_integrity")
        require(done.returncode == 0, f"check_integrity: {done.stdout}{done.stderr}")
        return done.stdout.strip()


@contextmanager
def open_shop(*, web: int = 0, ws: int = 0, mail: bool = False, **env: str) -> Iterator[Shop]:
    """A shop with so many processes of each kind, all of them answering; `env` is for all of them."""
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coffeeshop-drill-")))
        postgres, redis = stack.enter_context(throwaway_postgres()), stack.enter_context(throwaway_redis())
        urls = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "MEDIA_ROOT": str(logs / "media")}
        urls["OPEN_ORDERS"] = "1000000"  # customers of drills never fetch
        shop = Shop(postgres, redis, isolated_environment(**(urls | env)), logs)
        set_up_django(shop.env)
        stack.callback(lambda: [process.end() for process in shop.processes])
        for kind, number in (("web", web), ("ws", ws), ("mail", int(mail))):
            for _ in range(number):
                shop.add(kind).start()
        for process in shop.processes:
            process.wait_until_ready()
        try:
            yield shop
        except Failed:
            shop.tell()
            raise


@contextmanager
def over_wires(shop: Shop, *kinds: str) -> Iterator[tuple[Wire, Wire]]:
    """Adds a process of each kind that reaches PostgreSQL and Redis over wires of the drill, and yields the wires."""
    with Wire(shop.postgres.port) as database, Wire(shop.redis.port) as redis:
        urls = {"DATABASE_URL": database.instead_of(shop.postgres.url), "REDIS_URL": redis.instead_of(shop.redis.url)}
        for kind in kinds:
            shop.add(kind, **urls).restart()
        yield database, redis


def set_up_django(env: dict[str, str]) -> None:
    os.environ.update(env)
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    with closing(connection), connection.cursor() as cursor:
        # What tests do without: a crash must not take back what was answered.
        cursor.execute("ALTER DATABASE postgres SET synchronous_commit = on")
