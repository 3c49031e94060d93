import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

LOCK = 6_291_731  # any number that nobody else uses
TURN_SECONDS = 600


class Command(migrate.Command):
    help = f"{migrate.Command.help} One at a time; waits for no lock longer than two seconds, while the shop goes on."

    def handle(self, *args, **options):
        connection = connections[options["database"]]
        try:
            with in_turn(connection):
                super().handle(*args, **options)
        except (OperationalError, sqlite3.OperationalError) as error:
            raise CommandError(f"{str(error).strip()}\nNothing of the last migration is kept: run it again.") from error


@contextmanager
def in_turn(connection) -> Iterator[None]:
    """Advisory lock: containers that start together migrate one after the other."""
    if connection.vendor == "postgresql":
        # A statement that waits for a lock on a table makes everybody wait who comes after it. An index on a big
        # table, on the other hand, may take its time.
        execute(connection, "SET lock_timeout = '2s'; SET statement_timeout = 0")
        wait_for_turn(connection)
        yield
        execute(connection, f"SELECT pg_advisory_unlock({LOCK})")
        execute(connection, "RESET lock_timeout; RESET statement_timeout")
    elif ":memory:" in str(connection.settings_dict["NAME"]):
        yield
    else:
        # SQLite has no such lock: the one on a file beside the database is as good.
        with closing(sqlite3.connect(f"{connection.settings_dict['NAME']}.migrate", TURN_SECONDS)) as beside:
            beside.execute("BEGIN EXCLUSIVE")
            yield


def wait_for_turn(connection) -> None:
    """Poll for the advisory lock: who waits inside a statement is waited for by CREATE INDEX CONCURRENTLY, for ever."""
    deadline = time.monotonic() + TURN_SECONDS
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_try_advisory_lock({LOCK})")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.2)
    raise OperationalError("Another migration is still running.")


def execute(connection, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
