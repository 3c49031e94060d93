"""Clients that send half of something, or read nothing: nobody else waits for them, and they go by themselves."""

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from CoffeeShop.serving.arrival import LIMIT, MAX_CHUNKED, MAX_HEAD, Arrival
from CoffeeShop.tests.test_nasty_wire import COMMANDS
from rest.tests.servers import Server

pytestmark = pytest.mark.django_db(transaction=True)

POST = b"POST /api/token/verify/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF = {
    "nothing": b"",
    "half a line": b"POST /api",
    "half a head": POST,
    "half a body": POST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "half chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "half a second request": GET + b"\r\n" + POST + b"Content-Length: 100\r\n\r\n{",
    "half of too much": POST + b"Content-Length: 99000000\r\n\r\n{",
    "nothing read at the end": GET + b"Connection: close\r\n\r\n",
}
CROWD = 16  # four for each thread


@pytest.fixture(scope="module", params=COMMANDS)
def server(request, django_db_setup, django_db_blocker) -> Iterator[Server]:
    with django_db_blocker.unblock():
        server = Server(COMMANDS[request.param], HTTP_THREADS="4")
        urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=120).close()  # gunicorn listens before it works
    with ThreadPoolExecutor(1) as pool:
        server.half_a_head = pool.submit(wait_after_half_a_head, server)  # while the other tests go on
        yield server
    server.stop()


def wait_after_half_a_head(server: Server) -> tuple[bytes, float]:
    """What comes before the server closes, and in how many seconds."""
    with connect(server) as client:
        client.sendall(POST)
        began = time.monotonic()
        try:
            rest = client.recv(1000)
        except ConnectionResetError:
            rest = b""
    return rest, time.monotonic() - began


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


@pytest.mark.parametrize("half", HALF)
def test_half_a_request_takes_no_thread(server, half):
    with ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(connect(server)).sendall(HALF[half])
        time.sleep(0.3)

        began = time.monotonic()
        with urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=20) as answer:
            status = answer.status

    assert status == 200
    assert time.monotonic() - began < 4  # a thread that waits would keep it for 5 s at least


def test_half_a_head_is_closed_after_some_seconds(server):
    rest, seconds = server.half_a_head.result()

    assert rest == b""
    assert 8 < seconds < 25


def test_body_that_comes_late_is_answered(server):
    body = json.dumps({"token": "x"}).encode()
    with connect(server) as client:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            time.sleep(0.05)
            client.sendall(bytes([byte]))
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 401")


def test_client_that_waits_for_leave_gets_it(server):
    with connect(server) as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        leave = client.recv(1000)
        client.sendall(b"{}")
        answer = leave
        while b"HTTP/1.1 400" not in answer:
            answer += client.recv(1000)

    assert leave.startswith(b"HTTP/1.1 100")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells nobody's memory")
def test_answers_nobody_reads_are_not_kept(server):
    """Pipelined; gunicorn's thread stops at the first that does not fit into the kernel's buffers."""
    question = b"GET /swagger.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    urlopen(f"http://127.0.0.1:{server.port}/swagger.json", timeout=30).close()
    before = memory_of(server)
    with connect(server) as client:
        client.sendall(question * 1000)
        wait_until_idle(server)

        assert memory_of(server) - before < 20_000  # of 270,000


def wait_until_idle(server: Server) -> None:
    """Until it has worked at nothing for a second: it has stopped reading, or has answered everything."""
    before = -1.0
    while (now := processor_seconds(server)) - before > 0.1:
        before = now
        time.sleep(1)


def processor_seconds(server: Server) -> float:
    times = proc(server, "stat").rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def memory_of(server: Server) -> int:
    """In kB."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", proc(server, "status"))[1])


def proc(server: Server, name: str) -> str:
    """Of the process that answers, which is gunicorn's worker, and not the one that was started."""
    pid = server.process.pid
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() or [pid]
    return Path(f"/proc/{worker[0]}/{name}").read_text()


# --- Where a request ends -------------------------------------------------------------------------------------------

WHOLE = [
    GET + b"\r\n",
    POST + b"Content-Length: 3\r\n\r\nabc",
    POST + b"content-LENGTH:  3 \r\n\r\nabc",
    POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nA;x=y\r\n0123456789\r\n1\r\nb\r\n0\r\nTrailer: x\r\n\r\n",
]


@pytest.mark.parametrize("whole", WHOLE)
def test_request_is_whole_at_its_last_byte_however_sent(whole):
    arrival = Arrival()
    states = []
    for byte in whole:
        arrival.add(bytes([byte]))
        states.append(arrival.is_whole)

    assert states == [False] * (len(whole) - 1) + [True]
    assert Arrival(whole + GET).is_whole
    assert not arrival.is_cut


@pytest.mark.parametrize(
    "received",
    [
        POST + b"Content-Length: abc\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 2000,
        POST + b"Transfer-Encoding: xchunked\r\n\r\n{",
        b"\r\n\r\n",
    ],
)
def test_nonsense_is_for_the_parser_to_refuse(received):
    assert Arrival(received).is_whole


def test_too_much_is_not_waited_for():
    assert Arrival(POST + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1)).is_cut
    assert Arrival(b"x" * (MAX_HEAD + 1)).is_endless
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    arrival = Arrival(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(MAX_CHUNKED // 0x100000 + 1):
        arrival.add(chunk)
    assert arrival.is_whole
    assert arrival.is_cut
