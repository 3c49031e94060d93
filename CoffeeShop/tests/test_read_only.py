"""A database that takes no writes for a while, as in a fail-over."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from urllib.error import HTTPError
from urllib.request import Request

import psycopg2
import pytest
from django.core import mail
from django.db import connection
from mailer.backend import DbBackend
from psycopg2 import sql

from CoffeeShop.management.commands.send_queued_mail import Command
from support.tests.sockets import access_token
from support.tests.test_servers import HTTP, Daphne

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5  # after which the shop has to be well again


def set_read_only(value: str, *, cut: bool = True) -> None:
    """For all sessions to come, as `ALTER DATABASE` does it; those that are open may be cut."""
    options = connection.get_connection_params() | {"options": "-c default_transaction_read_only=off"}
    with closing(psycopg2.connect(**options)) as operator:
        operator.autocommit = True
        cursor = operator.cursor()
        name = sql.Identifier(connection.settings_dict["NAME"])
        cursor.execute(sql.SQL(f"ALTER DATABASE {{}} SET default_transaction_read_only = {value}").format(name))
        if cut:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.close()


@contextmanager
def read_only() -> Iterator[None]:
    """Nobody cuts the sessions that are opened meanwhile: the shop itself must not keep them."""
    set_read_only("on")
    try:
        yield
    finally:
        set_read_only("off", cut=False)


@pytest.fixture
def shop(user) -> Iterator[Daphne]:
    daphne = Daphne(HTTP_THREADS="4")
    yield daphne
    daphne.stop()


def ask(shop: Daphne, path: str, token: str = "", body: dict | None = None) -> tuple[int, dict, str | None]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with HTTP.open(Request(f"http://127.0.0.1:{shop.port}{path}", data, headers), timeout=20) as answer:
            return answer.status, json.load(answer), None
    except HTTPError as refusal:
        return refusal.code, json.load(refusal), refusal.headers["Retry-After"]


def write(shop: Daphne, token: str) -> tuple[int, dict, str | None]:
    return ask(shop, "/api/support/conversations/", token, {})


def test_writes_are_503_while_the_database_is_read_only(shop, user):
    token = access_token(user)
    with read_only():
        time.sleep(1.1)  # for the next look of /readyz
        refused = [write(shop, token) for _ in range(8)]
        status, menu, _wait = ask(shop, "/api/products/")
        ready, state, wait = ask(shop, "/readyz")

    assert {(status, answer["code"], wait) for status, answer, wait in refused} == {(503, "unavailable", "1")}
    assert (status, menu["count"]) == (200, 0)
    assert (ready, state["checks"]["database"], wait) == (503, "failing", "1")


def test_shop_is_well_within_seconds_without_a_restart(shop, user):
    token = access_token(user)
    with read_only():
        for _ in range(12):
            write(shop, token)
            ask(shop, "/api/orders/", token)  # only reads, on sessions that nothing has failed on
    began = time.monotonic()

    statuses = [write(shop, token)[0] for _ in range(12)]

    assert set(statuses) <= {200, 201}
    while ask(shop, "/readyz")[0] != 200:
        assert time.monotonic() < began + SECONDS
        time.sleep(0.1)


def test_queued_mail_waits_when_the_database_is_read_only(settings):
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    DbBackend().send_messages([mail.EmailMessage("Hello", "You", None, ["anna@example.com"])])
    sender = Command(stderr=StringIO())
    with read_only():
        sender.send()
    said, was_sent = sender.stderr.getvalue(), len(mail.outbox)

    sender.send()

    assert "takes no writes" in said
    assert sender.stderr.getvalue() == said
    assert (was_sent, len(mail.outbox)) == (0, 1)
