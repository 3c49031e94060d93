"""Configuration of gunicorn: `gunicorn --config python:CoffeeShop.gunicorn CoffeeShop.wsgi`.

One process with threads, as many of them as containers, or with WEB_CONCURRENCY several behind one port.
"""

import os
import tempfile

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from CoffeeShop.environment import refusing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")  # the worker's class asks for them
with refusing():
    from CoffeeShop import settings

    workers = settings.env.int("WEB_CONCURRENCY", default=1, at_least=1, at_most=64)

worker_class = "CoffeeShop.serving.buffering_worker.BufferingWorker"
threads = settings.HTTP_THREADS
keepalive = 130  # seconds; longer than the proxy keeps its side, or it would write into what is just closing
graceful_timeout = 25
accesslog = None  # LOG_REQUESTS is the shop's own, with the request's id and without the query
control_socket_disable = True
# What proxies say is Django's to believe, see NUM_PROXIES.
forwarded_allow_ips = ""
secure_scheme_headers = {}
logconfig_dict = {
    **settings.LOGGING,
    "loggers": {
        **settings.LOGGING["loggers"],
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False, "qualname": "gunicorn.error"},
    },
}


def on_starting(server) -> None:
    with refusing():
        if server.cfg.workers > 1 and not settings.REDIS_URL:
            raise ImproperlyConfigured(
                f"{server.cfg.workers} workers share nothing without REDIS_URL: set it, or start one worker."
            )
    if server.cfg.workers > 1:  # the workers count into files there, and whichever is asked adds them up
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="coffeeshop-metrics-")
    with refusing():
        load()


def load() -> None:
    """Import the shop before the socket listens: a proxy would take us for ready, and who is sent here would wait.

    Not by `preload_app`: threads that CoffeeShop.wsgi starts would stay behind in the master.
    """
    get_wsgi_application()
    _ = get_resolver().url_patterns


def child_exit(server, worker) -> None:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess  # only now: it settles how to count when it is imported

        multiprocess.mark_process_dead(worker.pid)
