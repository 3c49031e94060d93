"""A process that starts or stops leaves nobody without an answer whom it let connect."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from CoffeeShop.tests.test_nasty_wire import COMMANDS
from rest.tests.servers import Server, server_environment

pytestmark = pytest.mark.django_db(transaction=True)

GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_web_has_loaded_the_shop_before_it_listens():
    loaded = (
        "import sys, types; from CoffeeShop import gunicorn; "
        "gunicorn.on_starting(types.SimpleNamespace(cfg=types.SimpleNamespace(workers=1))); "
        "print('orders.views' in sys.modules, 'CoffeeShop.wsgi' in sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", loaded],
        cwd=settings.BASE_DIR, env=server_environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert told.stdout == "True False\n", told.stderr


@pytest.fixture
def web() -> Iterator[Server]:
    server = Server(COMMANDS["gunicorn"])
    yield server
    server.stop()


def test_who_has_connected_when_web_stops_is_answered(web):
    worker = worker_of(web)
    os.kill(worker, signal.SIGSTOP)  # so busy that it accepts nobody
    clients = [socket.create_connection(("127.0.0.1", web.port), timeout=30) for _ in range(20)]
    for client in clients:
        client.sendall(GET)

    web.process.terminate()
    time.sleep(1)  # the master has told it by now
    os.kill(worker, signal.SIGCONT)

    answers = [client.recv(12) for client in clients]
    for client in clients:
        client.close()
    web.stop()
    assert answers == [b"HTTP/1.1 200"] * 20
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", web.port), timeout=30)


def worker_of(server: Server) -> int:
    """Process id of the one worker, which its master starts after it listens."""
    for _ in range(600):
        told = subprocess.run(f"pgrep --parent {server.process.pid}".split(), capture_output=True, text=True)
        if told.stdout:
            return int(told.stdout)
        time.sleep(0.1)
    raise AssertionError("gunicorn has no worker")
