"""A process that starts or stops leaves nobody without an answer whom it let connect."""

import socket
import subprocess
import sys
import threading

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


def test_who_connects_while_web_stops_is_answered():
    server = Server(COMMANDS["gunicorn"])
    answers: list[bytes] = []
    refused = threading.Event()
    crowd = [threading.Thread(target=ask_until_refused, args=(server, answers, refused)) for _ in range(4)]

    for each in crowd:
        each.start()
    while len(answers) < 20:
        assert server.process.poll() is None
    server.process.terminate()
    for each in crowd:
        each.join(timeout=60)
    server.stop()

    assert refused.is_set()
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 200"}


def ask_until_refused(server: Server, answers: list[bytes], refused: threading.Event) -> None:
    while not refused.is_set():
        try:
            client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        except ConnectionRefusedError:
            refused.set()
            return
        with client:
            try:
                client.sendall(GET)
                answers.append(client.recv(1000))
            except OSError as error:
                answers.append(repr(error).encode())
