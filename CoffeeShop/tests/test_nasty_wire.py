"""Requests that no client library would send, byte by byte, to the two servers that the shop runs behind."""

import gzip
import re
import socket
from contextlib import suppress

import pytest
from django.conf import settings
from mailer.models import Message as QueuedEmail

from rest.tests.servers import Server

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT = 20  # seconds
COMMANDS = {
    "daphne": "-m daphne -b 127.0.0.1 -p 0 CoffeeShop.asgi:application",
    "gunicorn": "-m gunicorn --config python:CoffeeShop.gunicorn --bind 127.0.0.1:0 CoffeeShop.wsgi",
}
BODY = b'{"token": "nothing of ours, but as long"}'


POST, HOST, CLOSE = b"POST /api/token/verify/ HTTP/1.1", b"127.0.0.1", b"Connection: close"


def request(*lines: bytes, body: bytes = b"", start: bytes = POST, host: bytes = HOST, way: bytes = CLOSE) -> bytes:
    head = [start, way, *([b"Host: " + host] if host else []), *lines]
    return b"\r\n".join([*head, b"", b""]) + body


def upgrade(*lines: bytes, path: bytes = b"/ws/support/") -> bytes:
    start = b"GET %s HTTP/1.1" % path
    return request(b"Upgrade: websocket", *lines, start=start, way=b"Connection: Upgrade")


KEY, VERSION = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"
STATUSES = {100, 200, 400, 401, 403, 404, 408, 413, 414, 417, 431, 501}
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: %d" % len(BODY)
RAW = {
    "a sound request": request(JSON, LENGTH, body=BODY),
    "body longer than said": request(JSON, b"Content-Length: 2", body=BODY),
    "body shorter than said": request(JSON, b"Content-Length: 4000", body=BODY),
    "negative length": request(JSON, b"Content-Length: -1", body=BODY),
    "signed length": request(JSON, b"Content-Length: +39", body=BODY),
    "spaced length": request(JSON, b"Content-Length: 3 9", body=BODY),
    "length with an underscore": request(JSON, b"Content-Length: 3_9", body=BODY),
    "length in Arabic": request(JSON, "Content-Length: ٣٩".encode(), body=BODY),
    "hexadecimal length": request(JSON, b"Content-Length: 0x27", body=BODY),
    "empty length": request(JSON, b"Content-Length: ", body=BODY),
    "length of thousands of digits": request(JSON, b"Content-Length: " + b"9" * 5000, body=BODY),
    "huge length": request(JSON, b"Content-Length: 99999999999999999999", body=BODY),
    "two lengths": request(JSON, LENGTH, b"Content-Length: 0", body=BODY),
    "list of lengths": request(JSON, b"Content-Length: 39, 39", body=BODY),
    "length and chunks": request(JSON, LENGTH, CHUNKED, body=b"0\r\n\r\n"),
    "no length": request(JSON, body=BODY),
    "broken chunk": request(JSON, CHUNKED, body=b"zz\r\n" + BODY),
    "negative chunk": request(JSON, CHUNKED, body=b"-1\r\n" + BODY),
    "huge chunk": request(JSON, CHUNKED, body=b"f" * 40 + b"\r\n" + BODY),
    "unfinished chunks": request(JSON, CHUNKED, body=b"27\r\n" + BODY),
    "unknown transfer encoding": request(JSON, b"Transfer-Encoding: gzip, identity", body=BODY),
    "masked transfer encoding": request(JSON, b"Transfer-Encoding: xchunked", LENGTH, body=BODY),
    "compressed body": request(
        JSON, b"Content-Encoding: gzip", b"Content-Length: %d" % len(gzip.compress(BODY)), body=gzip.compress(BODY)
    ),
    "expectation": request(JSON, LENGTH, b"Expect: 100-continue", body=BODY),
    "odd expectation": request(JSON, LENGTH, b"Expect: the-unexpected", body=BODY),
    "no host": request(JSON, LENGTH, host=b"", body=BODY),
    "two hosts": request(JSON, LENGTH, b"Host: evil.example", body=BODY),
    "evil host": request(JSON, LENGTH, host=b"evil.example", body=BODY),
    "host of bytes": request(JSON, LENGTH, host=b"\xff\xfe", body=BODY),
    "forwarded host": request(JSON, LENGTH, b"X-Forwarded-Host: evil.example", body=BODY),
    "mounted elsewhere": request(b"Daphne-Root-Path: http://evil.example", start=b"GET /admin/login/ HTTP/1.1"),
    "mounted at bytes": request(b"Daphne-Root-Path: \xff", start=b"GET /admin/login/ HTTP/1.1"),
    "a script's name": request(b"Script-Name: http://evil.example", start=b"GET /admin/login/ HTTP/1.1"),
    "zero in a header": request(JSON, LENGTH, b"X-Odd: a\0b", body=BODY),
    "line break in a header": request(JSON, LENGTH, b"X-Odd: a\rSet-Cookie: x=1", body=BODY),
    "folded header": request(JSON, LENGTH, b"X-Odd: a\r\n b", body=BODY),
    "header without a colon": request(JSON, LENGTH, b"nonsense", body=BODY),
    "space before the colon": request(JSON, b"Content-Length : 39", body=BODY),
    "underscores in headers": request(JSON, LENGTH, b"X_Forwarded_For: 1.1.1.1", b"Content_Length: 1", body=BODY),
    "huge header": request(JSON, LENGTH, b"X-Odd: " + b"a" * 100_000, body=BODY),
    "many headers": request(JSON, LENGTH, *[b"X-%d: a" % n for n in range(5000)], body=BODY),
    "no such method": request(start=b"\xff\xfe / HTTP/1.1"),
    "no such version": request(start=b"GET / HTTP/9.9"),
    "ancient version": b"GET /\r\n\r\n",
    "half a line": b"GET / HT",
    "no path": request(start=b"GET  HTTP/1.1"),
    "whole address": request(start=b"GET http://evil.example/api/products/ HTTP/1.1"),
    "broken address": request(start=b"GET http://[::1/ HTTP/1.1"),
    "address of bytes": request(start=b"GET /api/\xff\xfe\x80/ HTTP/1.1"),
    "half an escape": request(start=b"GET /api/%/%f/%zz HTTP/1.1"),
    "zero in the path": request(start=b"GET /api/products/%00/ HTTP/1.1"),
    "upwards": request(start=b"GET /media/../../../../etc/passwd HTTP/1.1"),
    "upwards, escaped": request(start=b"GET /static/%2e%2e/%2e%2e/manage.py HTTP/1.1"),
    "long address": request(start=b"GET /" + b"a" * 70_000 + b" HTTP/1.1"),
    "star": request(start=b"OPTIONS * HTTP/1.1"),
    "tunnel": request(start=b"CONNECT evil.example:443 HTTP/1.1"),
    "greeting in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "nothing": b"",
    "zeros": bytes(5000),
    "line breaks": b"\r\n" * 5000,
    "upgrade to something else": request(b"Upgrade: h2c", start=b"GET /healthz HTTP/1.1"),
}  # fmt: skip

# gunicorn has no sockets: it answers as for any page, and waits for the next request.
SOCKETS = {
    "socket elsewhere": upgrade(KEY, VERSION, path=b"/ws/nowhere/"),
    "socket mounted at bytes": upgrade(KEY, VERSION, b"Daphne-Root-Path: \xff", path=b"/ws/nowhere/"),
    "socket of bytes": upgrade(KEY, VERSION, path=b"/ws/support/%ff?after=%ff"),
    "socket without a key": upgrade(VERSION),
    "socket of an old version": upgrade(KEY, b"Sec-WebSocket-Version: 99"),
}
# Here the client hangs up, as the server would wait for the rest, and need not answer.
TORN = {
    *("body shorter than said", "length of thousands of digits", "huge length", "huge chunk", "unfinished chunks"),
    *("half a line", "greeting in TLS", "nothing", "zeros"),
}
SILENT = {*TORN, "huge header", "long address"}  # closed without a word, by daphne


class RawServer(Server):
    def send(self, content: bytes, is_whole: bool = True) -> bytes:
        """All that is answered. A request that is not whole ends there, and the server need not answer it."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT) as connection:
            heard = b""
            with suppress(ConnectionError):  # a server need not read to the end what it refuses
                connection.sendall(content)
                if not is_whole:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    heard += piece
            return heard


@pytest.fixture
def start():
    servers = []

    def start(command: str) -> RawServer:
        servers.append(RawServer(command))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize(("name", "cases"), [("daphne", RAW | SOCKETS), ("gunicorn", RAW)], ids=COMMANDS)
def test_server_outlives_what_no_client_sends_and_tells_nothing(start, name, cases, record_property):
    record_property("nasty", {"raw requests": len(cases)})
    server, found = start(COMMANDS[name]), []

    for case, content in cases.items():
        heard = server.send(content, is_whole=case not in TORN)
        statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", heard)]
        if not (statuses or case in SILENT) or not set(statuses) <= STATUSES or b"evil.example" in heard:
            found.append(f"{case}: {heard!r:.200}")

    assert not found, "\n".join(found)
    assert server.send(RAW["a sound request"]).startswith(b"HTTP/1.1 401")
    assert "Traceback" not in server.stop()


@pytest.mark.parametrize("name", COMMANDS)
def test_broken_form_is_answered_by_the_api(start, name):
    server = start(COMMANDS[name])

    form = b"Content-Type: multipart/form-data; boundary=x"
    heard = server.send(request(form, b"Content-Length: 7", body=b"garbage"))

    assert heard.startswith(b"HTTP/1.1 415")
    assert b'"code":"unsupported_media_type"' in heard


@pytest.mark.parametrize("claim", [b"Daphne-Root-Path: http://evil.example", b"Host: evil.example"])
def test_email_link_leads_to_us_whatever_a_client_claims(start, user, claim):
    body = b'{"email": "%s"}' % user.email.encode()
    length = b"Content-Length: %d" % len(body)
    asking = b"POST /api/users/password/reset/ HTTP/1.1"
    server = start(COMMANDS["daphne"])

    server.send(request(JSON, length, claim, start=asking, body=body, host=b"" if b"Host" in claim else HOST))
    server.send(request(JSON, length, start=asking, body=body))

    links = {re.search(r"https?://[^/\s]+/\S+\?", queued.email.body)[0] for queued in QueuedEmail.objects.all()}
    assert links == {f"{settings.SITE_URL}/account/reset/?"}


def test_answer_is_cut_off_when_it_fails_half_way(start):
    server = start("-m daphne -b 127.0.0.1 -p 0 CoffeeShop.tests.half:application")

    assert server.send(request(start=b"GET /half HTTP/1.1")).endswith(b"half\r\n")
    assert server.send(request(start=b"GET / HTTP/1.1")).startswith(b"HTTP/1.1 500")
    server.stop()
