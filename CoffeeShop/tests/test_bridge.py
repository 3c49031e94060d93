import json
import threading

import pytest

from CoffeeShop.serving.bodies import LIMIT, TOO_LARGE
from CoffeeShop.serving.bridge import Bridge

SCOPE = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/", "query_string": b"", "headers": []}


class Answer(list):
    """What a WSGI application returns: the pieces of a body."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def echo(environ, start_response):
    """Answers with the length it was told and the body it got; 413 when it is told that the body was too large."""
    start_response("413 x" if TOO_LARGE in environ else "200 OK", [("Content-Type", "application/json")])
    return Answer([json.dumps([environ["CONTENT_LENGTH"], environ["wsgi.input"].read().decode()]).encode()])


async def ask(app, *parts: bytes, headers: dict[bytes, bytes] | None = None) -> list[tuple[dict, threading.Thread]]:
    """Every message that is sent, all of them by the loop."""
    incoming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    incoming.append({"type": "http.request", "body": b"", "more_body": False})
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        assert threading.current_thread() is threading.main_thread()
        sent.append(message)

    await Bridge(app, threads=1)({**SCOPE, "headers": list((headers or {}).items())}, receive, send)
    return sent


@pytest.mark.parametrize(
    "headers", [{b"transfer-encoding": b"chunked"}, {b"content-length": b"3"}, {}], ids=["chunked", "known", "unsaid"]
)
async def test_body_reaches_the_application_whole_and_with_its_length(headers):
    start, body = await ask(echo, b"ab", b"c", headers=headers)

    assert (start["status"], start["headers"]) == (200, [(b"content-type", b"application/json")])
    assert json.loads(body["body"]) == ["3", "abc"]
    assert body["more_body"] is False


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ({b"content-length": str(LIMIT + 1).encode()}, []),
        ({b"transfer-encoding": b"chunked"}, [b"x" * LIMIT, b"x"]),
    ],
)
async def test_body_beyond_the_limit_is_refused_unread(headers, parts):
    start, body = await ask(echo, *parts, headers=headers)

    assert start["status"] == 413
    assert json.loads(body["body"]) == ["0", ""]


@pytest.mark.parametrize("pieces", [[], [b""], [b"one"], [b"one", b"two"], [b"one", b"", b"three", b"four"]])
async def test_answer_goes_out_in_its_pieces_and_ends_once(pieces):
    answer = Answer(pieces)

    def app(environ, start_response):
        start_response("206 Partial Content", [])
        return answer

    start, *bodies = await ask(app)

    assert start["status"] == 206
    assert [body["body"] for body in bodies] == (pieces or [b""])
    assert [body["more_body"] for body in bodies] == [True] * (len(bodies) - 1) + [False]
    assert answer.is_closed


async def test_piece_is_sent_before_the_next_is_made():
    """So that a large file is never in memory as a whole."""
    passed = []

    def pieces():
        for number in range(4):
            passed.append(number)
            yield b"%d" % number

    def app(environ, start_response):
        start_response("200 OK", [])
        return pieces()

    bridge, held = Bridge(app, threads=1), []
    left = bridge.answer({}, lambda message: held.append((message.get("body"), len(passed))))

    assert held == [(None, 2), (b"0", 2), (b"1", 3), (b"2", 4)]
    assert [message["body"] for message in left] == [b"3"]


async def test_answer_is_closed_when_it_fails_half_way():
    class Broken(Answer):
        def __iter__(self):
            yield b"one"
            raise OSError("the disk is gone")

    answer = Broken()

    def app(environ, start_response):
        start_response("200 OK", [])
        return answer

    with pytest.raises(OSError, match="the disk is gone"):
        await ask(app)
    assert answer.is_closed
