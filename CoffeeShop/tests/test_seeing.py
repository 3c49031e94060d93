"""Probes, metrics and logs."""

import asyncio
import json
import logging
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.request import Request

import pytest
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.test import RequestFactory, override_settings
from django.urls import path
from django.utils import timezone
from mailer.models import Message
from websockets.asyncio.client import connect

from CoffeeShop.middleware import log_request
from CoffeeShop.monitoring import health, logs, metrics
from CoffeeShop.urls import handler404, handler500, urlpatterns  # noqa: F401 - this module stands in as a URLconf
from rest.tests.races import in_parallel
from support import consumers  # noqa: F401 - it tells how late chat is, in processes that serve sockets
from support.tests.sockets import access_token, bearer
from support.tests.test_servers import HTTP, Daphne

TOKEN = "a-token-of-prometheus"
AUTHORIZED = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}


def fail(request):
    logging.getLogger("shop").warning("on the way")
    raise OperationalError("the database is away")


urlpatterns = [*urlpatterns, path("page/", fail), path("api/failing/", fail)]


@pytest.fixture(autouse=True)
def fresh_look(monkeypatch):
    monkeypatch.setattr(health, "look", health.Look())


def samples(client, **headers) -> dict[str, float]:
    text = client.get("/metrics", **{**AUTHORIZED, **headers}).content.decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}


# --- Probes ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_readyz_is_ok_when_all_parts_answer(anonymous):
    response = anonymous.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "cache": "ok", "channel_layer": "ok"},
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("part", "status"), [("database", 503), ("migrations", 503), ("cache", 200), ("channel_layer", 200)]
)
def test_readyz_names_the_failing_part_and_no_more(anonymous, monkeypatch, part, status):
    def fail():
        raise DatabaseError("password=secret")

    monkeypatch.setitem(health.CHECKS, part, fail)
    response = anonymous.get("/readyz")

    assert (response.status_code, response.get("Retry-After")) == (status, "1" if status == 503 else None)
    assert [(name, verdict) for name, verdict in response.json()["checks"].items() if verdict != "ok"] == [
        (part, "failing")
    ]
    assert b"secret" not in response.content


@pytest.mark.django_db(transaction=True)
def test_readyz_serves_many_askers_by_one_look(anonymous, monkeypatch):
    looks = []
    monkeypatch.setattr(health, "CACHE_SECONDS", 60)
    monkeypatch.setitem(health.CHECKS, "cache", lambda: looks.append(time.sleep(0.2)))

    statuses = in_parallel([lambda: anonymous.get("/readyz").status_code] * 20)

    assert statuses == [200] * 20
    assert len(looks) == 1


@pytest.mark.django_db(transaction=True)
def test_readyz_gives_the_last_look_while_another_hangs(anonymous, monkeypatch):
    begun, release = threading.Event(), threading.Event()
    anonymous.get("/readyz")
    health.look.expires_at = 0
    monkeypatch.setitem(health.CHECKS, "cache", lambda: begun.set() or release.wait(30))
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(anonymous.get, "/readyz")
        assert begun.wait(20)

        status = anonymous.get("/readyz").status_code
        is_hanging = not other.done()
        release.set()

    assert (status, is_hanging) == (200, True)


@pytest.mark.django_db(transaction=True)
def test_readyz_waits_for_nobody(anonymous, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.2)
    monkeypatch.setitem(health.CHECKS, "cache", lambda: release.wait(30))
    try:
        checks = anonymous.get("/readyz").json()["checks"]
    finally:
        release.set()

    assert checks["cache"] == "failing"
    assert checks["channel_layer"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_readyz_sees_a_migration_that_is_not_applied(anonymous):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = 'x' || name WHERE app = 'orders' AND name = '0001_initial'")
    try:
        response = anonymous.get("/readyz")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET name = substr(name, 2) WHERE name = 'x0001_initial'")

    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "failing"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_probe_comes_by_any_name_and_over_plain_http(anonymous, url):
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert anonymous.get(url, HTTP_HOST="10.0.0.7:8000").status_code == 200
        assert anonymous.get("/", HTTP_HOST="10.0.0.7:8000").status_code == 400


# --- Metrics --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "header"),
    [("", ""), ("", "Bearer "), (TOKEN, ""), (TOKEN, "Bearer wrong"), (TOKEN, TOKEN), (TOKEN, "Bearer тайна")],
)
def test_metrics_are_404_without_the_token(anonymous, token, header):
    with override_settings(METRICS_TOKEN=token):
        assert anonymous.get("/metrics", HTTP_AUTHORIZATION=header).status_code == 404


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN)
def test_metrics_count_requests_by_route_and_status(anonymous):
    series = 'coffeeshop_http_requests_total{method="GET",route="/api/products/<pk>/",status="404"}'
    before = samples(anonymous).get(series, 0)

    anonymous.get("/api/products/999999/")
    anonymous.get("/api/products/999998/")

    after = samples(anonymous)
    assert after[series] == before + 2
    assert after['coffeeshop_http_request_seconds_count{method="GET",route="/api/products/<pk>/"}'] >= 2


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN)
def test_metrics_do_not_grow_with_what_strangers_make_up(anonymous):
    for number in range(3):
        anonymous.generic(f"ODD{number}", f"/nowhere/{number}")

    odd = [name for name in samples(anonymous) if "ODD" in name or "nowhere" in name]
    assert odd == []
    assert samples(anonymous)['coffeeshop_http_requests_total{method="OTHER",route="none",status="404"}'] >= 3


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN)
def test_metrics_tell_how_the_shop_stands(anonymous):
    Message.objects.create(when_added=timezone.now() - timedelta(minutes=5))

    found = samples(anonymous)

    assert found["coffeeshop_database_up"] == 1
    assert found['coffeeshop_orders{status="pending"}'] == 0
    assert found['coffeeshop_mail_queue{state="fresh"}'] == 1
    assert 300 <= found["coffeeshop_mail_queue_oldest_seconds"] < 360
    assert found["coffeeshop_sockets_open"] == 0
    assert found['coffeeshop_database_connections{state="active"}'] >= 1
    assert found["coffeeshop_database_connections_max"] >= 100


@pytest.fixture
def token(user) -> str:
    return access_token(user)


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_of_sockets_and_how_fast_they_hear(token):
    daphne = await asyncio.to_thread(Daphne, METRICS_TOKEN=TOKEN)
    request = Request(f"http://127.0.0.1:{daphne.port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        url = f"ws://127.0.0.1:{daphne.port}/ws/support/"
        async with connect(url, subprotocols=bearer(token), proxy=None) as socket:
            await socket.send(json.dumps({"type": "message", "client_id": str(uuid.uuid4()), "text": "Hello"}))
            while json.loads(await socket.recv())["type"] != "message":
                pass
            with await asyncio.to_thread(HTTP.open, request, timeout=30) as answer:
                text = answer.read().decode()
    finally:
        daphne.stop()

    assert "coffeeshop_sockets_open 1.0" in text
    assert "coffeeshop_chat_delivery_seconds_count 1.0" in text


# --- Request ids and logs -------------------------------------------------------------------------------------------


def test_answer_carries_the_id_that_the_request_came_with(anonymous):
    assert anonymous.get("/healthz", HTTP_X_REQUEST_ID="abc-123")["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("odd", ["", "with space", "a" * 65, "два", 'x"y'])
def test_odd_id_is_replaced(anonymous, odd):
    given = anonymous.get("/healthz", HTTP_X_REQUEST_ID=odd)["X-Request-ID"]

    assert given != odd
    assert given.isalnum()


@pytest.mark.urls("CoffeeShop.tests.test_seeing")
def test_only_lines_of_a_request_have_its_id(anonymous, caplog):
    lines, ours = [], threading.get_ident()
    handler = logging.Handler()
    handler.addFilter(lambda record: record.thread == ours)  # what is left of other tests may have something to say
    handler.emit = lambda record: lines.append(json.loads(logs.JsonFormatter().format(record)))
    logging.getLogger().addHandler(handler)
    try:
        anonymous.get("/api/failing/?token=abc", HTTP_X_REQUEST_ID="one")
        logging.getLogger("shop").warning("between")
    finally:
        logging.getLogger().removeHandler(handler)

    assert [line["request_id"] for line in lines[:-1]] == ["one"] * len(lines[:-1])
    assert {line["message"] for line in lines} >= {"on the way", "between"}
    assert "request_id" not in lines[-1]
    assert "token=abc" not in json.dumps(lines)


@override_settings(LOG_REQUESTS=True)
def test_request_is_logged_without_its_query(anonymous, caplog):
    with caplog.at_level("INFO", "CoffeeShop.requests"):
        anonymous.get("/healthz?uid=MQ&token=abc")

    (record,) = caplog.records
    assert record.fields["path"] == "/healthz"
    assert record.fields["status"] == 200
    assert "abc" not in json.dumps(record.fields) + record.getMessage()


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abc.def",
        "GET /account/verify/?uid=TUE&token=abc-def",
        'body {"password": "abc def", "x": 1}',
        "new_password='abc def'",
        "eyJhbGciOiJIUzI1NiJ9.eyJhYmMiOiJkZWYifQ.abcdef",
        "to abc.def@example.com",
        "redis://:abcdef@redis.example:6379/0",
        "DETAIL:  Key (email)=(abcdef) already exists.",
        "secret_key: abcdef",
    ],
)
@pytest.mark.parametrize("formatter", [logs.LineFormatter, logs.JsonFormatter])
def test_log_tells_no_secrets(secret, formatter):
    try:
        raise ValueError(secret)
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed: %s", (secret,), (ValueError, error, None))

    line = formatter().format(record)

    assert "abc" not in line
    assert "def" not in line
    assert "failed" in line


@pytest.mark.parametrize("formatter", [logs.LineFormatter, logs.JsonFormatter])
def test_path_of_a_request_is_redacted_in_every_format(formatter):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(formatter().format(record))
    logging.getLogger("CoffeeShop.requests").addHandler(handler)
    try:
        log_request(RequestFactory().get("/x/anna@example.com/eyJhbGciOiJI.eyJhYmMiOiJk.abcdef/"), 404, 0.001)
    finally:
        logging.getLogger("CoffeeShop.requests").removeHandler(handler)

    assert "anna" not in lines[0]
    assert "eyJ" not in lines[0]


@pytest.mark.django_db(transaction=True)
@override_settings(SLOW_QUERY_MS=10)
def test_slow_query_is_logged_without_what_was_asked_for(caplog):
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.02), %s", ["personal"])
        cursor.execute("SELECT 1")

    slow = [record.getMessage() for record in caplog.records if "slow query" in record.getMessage()]
    assert len(slow) == 1
    assert "pg_sleep" in slow[0]
    assert "personal" not in slow[0]


# --- What is away ---------------------------------------------------------------------------------------------------


@pytest.mark.urls("CoffeeShop.tests.test_seeing")
@pytest.mark.parametrize("url", ["/page/", "/api/failing/"])
def test_anything_that_is_away_is_503_on_every_page(anonymous, url):
    response = anonymous.get(url)

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert b"away" not in response.content


@pytest.mark.django_db
@override_settings(METRICS_TOKEN=TOKEN)
def test_alarms_ask_for_names_that_there_are(anonymous):
    anonymous.get("/healthz")
    rules = Path(settings.BASE_DIR, "docs", "alerts.yaml").read_text()

    asked_for = set(re.findall(r"\bcoffeeshop_\w+", rules))

    told = anonymous.get("/metrics", **AUTHORIZED).content.decode()
    assert len(asked_for) >= 8
    assert {name for name in asked_for if f"\n{name}" not in told} == set()


@pytest.mark.parametrize("text", ["_", "a", "a.", "-eyJ", "token", "a@", "password ", "://", "bearer "])
def test_redacting_a_hostile_line_takes_no_time(text):
    began = time.perf_counter()

    logs.redact(text * 50_000)

    assert time.perf_counter() - began < 5  # looking at everything once takes milliseconds, from each start minutes


def test_request_is_logged_in_one_line_whatever_its_path(caplog):
    request = RequestFactory().get("/api/%0AERROR forged/")

    with caplog.at_level("INFO", "CoffeeShop.requests"):
        log_request(request, 404, 0.001)

    assert "\n" not in caplog.messages[0]


@pytest.mark.django_db
def test_made_up_methods_take_no_room(anonymous):
    for number in range(5):
        anonymous.generic(f"MADE{number}", "/api/products/")

    assert not any(method.startswith("MADE") for method, _route, _status in metrics._series)
