"""PostgreSQL's disk, a small one, runs full while customers order, and is freed again.

What cannot be written is 503; nothing acknowledged is lost. If PostgreSQL gives up, it is started again as a process
manager would do it. Needs root, who may mount a small disk in memory.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills import Failed, require
from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import open_shop
from postgres import Postgres, PostgresFailed

MOUNT = ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs"]


def drill(short: bool) -> dict:
    if not may_mount():
        return {"not done": "nobody here may mount a small disk"}
    recoveries = []
    with open_shop(web=1, ws=1) as shop, small_disk(shop.postgres) as ballast:
        with Wire(*(server.port for server in shop.processes)) as proxy:
            with Load(proxy.port, customers=6, sockets=shop.ws[0].port) as load:
                for _ in range(1 if short else 5):
                    fill(ballast, seconds=3)
                    ballast.unlink()
                    start_if_down(shop.postgres)
                    recoveries.append(load.wait_for_progress(time.monotonic()))
            figures = load.settle()
        require(503 in figures["answers"], "nobody noticed")
        require_recovery(recoveries)
        return figures | {"seconds to recover": recoveries, "books": shop.check_integrity()}


def may_mount() -> bool:
    """Root may, unless it is root of a container alone."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(*MOUNT, folder)
        except (Failed, OSError):
            return False
        run("umount", folder)
    return True


@contextmanager
def small_disk(postgres: Postgres) -> Iterator[Path]:
    """Moves the data there. Yields where a file can take what is left."""
    aside = postgres.data.with_name("aside")
    postgres.stop("fast")
    postgres.data.rename(aside)
    postgres.data.mkdir()
    run(*MOUNT, postgres.data)
    try:
        run("cp", "-a", f"{aside}/.", postgres.data)
        postgres.start()
        yield postgres.data / "ballast"
    finally:
        if (postgres.data / "postmaster.pid").exists():
            postgres.stop()
        run("umount", postgres.data)
        shutil.rmtree(aside)


def run(*command) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    require(done.returncode == 0, f"{command[0]}: {done.stderr}")


def fill(ballast: Path, seconds: float) -> None:
    """Keep it full: what PostgreSQL gives back is taken at once."""
    deadline = time.monotonic() + seconds
    with ballast.open("ab", buffering=0) as file:
        while time.monotonic() < deadline:
            try:
                file.write(bytes(65536))
            except OSError:
                time.sleep(0.01)


def start_if_down(postgres: Postgres) -> None:
    try:
        postgres.programs.run("pg_ctl", "status", "-D", str(postgres.data))
    except PostgresFailed:
        postgres.start()
