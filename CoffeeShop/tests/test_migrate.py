import subprocess
import sys
import time

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from rest.tests.servers import server_environment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other():
    """Somebody else's connection to the same database."""
    other = psycopg2.connect(**connection.get_connection_params())
    yield other
    other.close()


def test_migrate_gives_up_on_a_lock_before_others_queue(other):
    other.cursor().execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")

    began = time.monotonic()
    with pytest.raises(CommandError, match="run it again"):
        call_command("migrate", verbosity=0)

    assert time.monotonic() - began < 5  # which is how long everybody else waits for a lock


def test_migrate_leaves_the_connections_timeouts_as_they_were():
    call_command("migrate", verbosity=0)

    with connection.cursor() as cursor:
        shown = {}
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {name}")
            shown[name] = cursor.fetchone()[0]
    assert shown == {
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "1min",
    }


def test_connection_gives_up_when_the_server_vanished_silently():
    with connection.cursor() as cursor:
        parameters = cursor.connection.get_dsn_parameters()

    assert (parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == ("5", "10000")


def test_three_migrations_at_once_take_turns(tmp_path):
    """On an empty database each; PostgreSQL's is made for the test."""
    name = f"{connection.settings_dict['NAME']}_turns"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    postgres = server_environment()["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    try:
        codes = {url: migrate_thrice(url) for url in (postgres, f"sqlite:///{tmp_path / 'shop.sqlite3'}")}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")

    assert list(codes.values()) == [[0, 0, 0], [0, 0, 0]]


def migrate_thrice(url: str) -> list[int]:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    env = server_environment(DATABASE_URL=url)
    processes = [subprocess.Popen(command, cwd=settings.BASE_DIR, env=env) for _ in range(3)]
    return [process.wait(300) for process in processes]
