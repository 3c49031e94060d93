"""Metrics for Prometheus. Counters live in the process; what the database knows is asked for when it is read."""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from mailer.models import Message
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from CoffeeShop.serving.daphne_websocket import open_sockets
from orders.models import Order

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # anybody can make up more
UNROUTED = "none"
ASK_SECONDS = 3

REQUESTS = Counter("coffeeshop_http_requests", "HTTP requests answered.", ["method", "route", "status"])
SECONDS = Histogram("coffeeshop_http_request_seconds", "Seconds until the answer began.", ["method", "route"])

_series: dict[tuple, tuple] = {}  # finding a labelled series costs more than counting in it


def count_request(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    method = request.method if request.method in METHODS else "OTHER"
    key = method, match.route if match else UNROUTED, status
    series = _series.get(key)
    if series is None:
        series = _series[key] = _series_of(*key)
    counter, histogram = series
    counter.inc()
    histogram.observe(seconds)


def _series_of(method: str, route: str, status: int) -> tuple:
    route = route if route == UNROUTED else simplify_regex(route)
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)


class Shop(Collector):
    """Gauges from the database, read at each scrape; while it is away, only the one that says so."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("coffeeshop_sockets_open", "Sockets open in this process.", value=len(open_sockets))
        try:
            with transaction.atomic():
                answers = list(self._ask_database())
        except DatabaseError:
            answers = []
        yield GaugeMetricFamily("coffeeshop_database_up", "Did the database answer?", value=bool(answers))
        yield from answers

    def _ask_database(self) -> Iterator[Metric]:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{ASK_SECONDS}s'")
            yield from _connections()
        yield from _orders()
        yield from _mail()


def _connections() -> Iterator[Metric]:
    open_now = GaugeMetricFamily(
        "coffeeshop_database_connections", "Connections to this database by state, of all processes.", labels=["state"]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        for state, number in cursor.fetchall():
            open_now.add_metric([state], number)
        cursor.execute("SELECT current_setting('max_connections')::int")
        (limit,) = cursor.fetchone()
    yield open_now
    yield GaugeMetricFamily("coffeeshop_database_connections_max", "What the server allows.", value=limit)


def _orders() -> Iterator[Metric]:
    """Gauges of one day's orders, so that they cost the same at the millionth order."""
    now = timezone.now()
    recent = Order.objects.filter(created_at__gte=now - timedelta(days=1)).order_by()
    found = dict(recent.values_list("status").annotate(Count("pk")))
    family = GaugeMetricFamily("coffeeshop_orders", "Orders of the last 24 hours by status.", labels=["status"])
    for status in Order.Status.values:
        family.add_metric([status], found.get(status, 0))
    yield family
    oldest = Order.objects.filter(status=Order.Status.PENDING).aggregate(oldest=Min("created_at"))["oldest"]
    yield GaugeMetricFamily(
        "coffeeshop_orders_oldest_pending_seconds", "How long the oldest pending order waits.", value=_age(oldest, now)
    )


def _mail() -> Iterator[Metric]:
    family = GaugeMetricFamily("coffeeshop_mail_queue", "Mails not sent yet.", labels=["state"])
    family.add_metric(["fresh"], Message.objects.non_deferred().count())
    family.add_metric(["deferred"], Message.objects.deferred().count())
    yield family
    oldest = Message.objects.aggregate(oldest=Min("when_added"))["oldest"]
    yield GaugeMetricFamily(
        "coffeeshop_mail_queue_oldest_seconds", "How long the oldest one waits.", value=_age(oldest, timezone.now())
    )


def _age(moment, now) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


SHOP = CollectorRegistry()
SHOP.register(Shop())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics view for Prometheus, with `Authorization: Bearer <METRICS_TOKEN>`; nobody else learns that it exists."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not constant_time_compare(request.headers.get("Authorization", ""), expected):
        raise Http404
    text = generate_latest(_of_all_workers()) + generate_latest(SHOP)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _of_all_workers() -> CollectorRegistry:
    """Several workers behind one port share what they count through files, see `CoffeeShop/gunicorn.py`."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry
