"""PostgreSQL that takes too long: each of its timeouts, and ours for when it says nothing at all, become a 503."""

import socket
import time
from contextlib import closing

import psycopg2
import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path
from psycopg2 import extensions

from cart.tests.factories import CartItemFactory
from CoffeeShop.backends import client_timeout
from CoffeeShop.urls import handler404, handler500, urlpatterns  # noqa: F401 - this module stands in as a URLconf

SOON = 10  # seconds; much less than what the views would take, and enough for a busy machine
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("CoffeeShop.tests.test_client_timeout")]


def sleep_in_database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")


def sleep_in_transaction(request):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        time.sleep(1)
        cursor.execute("SELECT 1")


def answer(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok")


urlpatterns = [
    *urlpatterns,
    path("api/slow/", sleep_in_database),
    path("api/idle/", sleep_in_transaction),
    path("api/quick/", answer),
]


@pytest.fixture
def hasty():
    """The settings' own timeouts, of a fraction of a second."""
    options = connection.settings_dict["OPTIONS"]
    kept = options["options"]
    for timeout in ("statement_timeout=30s", "lock_timeout=5s", "idle_in_transaction_session_timeout=60s"):
        assert timeout in options["options"]
        options["options"] = options["options"].replace(timeout, f"{timeout.partition('=')[0]}=300ms")
    connection.close()
    yield
    options["options"] = kept
    connection.close()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(client_timeout, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(client_timeout, "STATEMENT_SECONDS", 0.5)
    kept = extensions.get_wait_callback()
    client_timeout.install()
    connection.close()
    yield
    extensions.set_wait_callback(kept)
    connection.close()
    with connection.cursor() as cursor:  # what was given up still sleeps there, and would keep the database in use
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
            ["%pg_sleep(60)%"],
        )


def is_told_to_come_back(response) -> bool:
    return (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "unavailable", "1")


@pytest.mark.parametrize("url", ["/api/slow/", "/api/idle/"])
def test_transaction_is_503_when_running_or_idle_too_long(anonymous, hasty, url):
    began = time.monotonic()

    response = anonymous.get(url)

    assert is_told_to_come_back(response)
    assert time.monotonic() - began < SOON


def test_lock_that_somebody_holds_too_long_is_503(client, hasty, user, branch):
    CartItemFactory(user=user)
    patient = connection.get_connection_params() | {"options": ""}
    with closing(psycopg2.connect(**patient)) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE orders_order IN ACCESS EXCLUSIVE MODE")
        refused = client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="one")
        other.rollback()

    assert is_told_to_come_back(refused)
    assert client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="one").status_code == 201


def test_connection_is_dropped_with_503_when_postgres_falls_silent(anonymous, impatient):
    before = anonymous.get("/api/quick/")

    silent = anonymous.get("/api/slow/")
    was_given_up = connection.connection.closed
    connection.close_if_unusable_or_obsolete()

    assert is_told_to_come_back(silent)
    assert was_given_up
    assert before.status_code == anonymous.get("/api/quick/").status_code == 200


def test_postgres_that_does_not_say_hello_is_503(anonymous, impatient, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent, monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patched.setitem(connection.settings_dict, "PORT", silent.getsockname()[1])
        response = anonymous.get("/api/quick/")

    assert is_told_to_come_back(response)
