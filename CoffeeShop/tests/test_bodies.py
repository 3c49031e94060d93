import io
import json

import pytest
from django.test import RequestFactory

from CoffeeShop.bodies import LIMIT, BoundedBody, Utf8Request, bounded
from CoffeeShop.wsgi import django_application


async def echo(scope, receive, send):
    """Answers with the length it was told and the body it got."""
    message = await receive()
    headers = dict(scope["headers"])
    await send({"status": 200})
    await send({"body": json.dumps([int(headers.get(b"content-length", -1)), message["body"].decode()]).encode()})


async def ask(headers: dict[bytes, bytes], *parts: bytes) -> list[dict]:
    incoming = [{"body": part, "more_body": True} for part in parts] + [{"body": b"", "more_body": False}]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message)

    await BoundedBody(echo)({"type": "http", "headers": list(headers.items())}, receive, send)
    return sent


async def test_chunked_body_reaches_the_application_whole_and_with_its_length():
    start, body = await ask({b"transfer-encoding": b"chunked"}, b"ab", b"c")

    assert start["status"] == 200
    assert json.loads(body["body"]) == [3, "abc"]


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ({b"content-length": str(LIMIT + 1).encode()}, []),
        ({b"transfer-encoding": b"chunked"}, [b"x" * LIMIT, b"x"]),
    ],
)
async def test_body_beyond_the_limit_is_refused_before_it_is_read(headers, parts):
    start, body = await ask(headers, *parts)

    assert start["status"] == 413
    assert json.loads(body["body"])["code"] == "body_too_large"


async def test_body_of_known_length_is_passed_on_as_it_comes():
    start, body = await ask({b"content-length": b"2"}, b"ab")

    assert start["status"] == 200
    assert json.loads(body["body"]) == [2, "ab"]


# --- The same under gunicorn ----------------------------------------------------------------------------------------


def ask_wsgi(body: bytes, **environ: str) -> tuple[str, bytes]:
    statuses = []

    def echo_wsgi(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]

    answer = bounded(echo_wsgi)(
        {**environ, "wsgi.input": io.BytesIO(body)}, lambda status, headers: statuses.append(status)
    )
    return statuses[0][:3], b"".join(answer)


@pytest.mark.parametrize("environ", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"CONTENT_LENGTH": "3"}])
def test_wsgi_body_arrives_whole(environ):
    assert ask_wsgi(b"abc", **environ) == ("200", b"abc")


@pytest.mark.parametrize("environ", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"CONTENT_LENGTH": str(LIMIT + 1)}])
def test_wsgi_body_beyond_the_limit_is_refused(environ):
    status, answer = ask_wsgi(b"x" * (LIMIT + 1), **environ)

    assert status == "413"
    assert json.loads(answer)["code"] == "body_too_large"


@pytest.mark.parametrize(
    "parameter", ["charset=rot13", "charset=undefined", "charset=\0", "charset=utf-16", "boundary*=nowhere''x"]
)
def test_odd_encodings_are_passed_over(parameter):
    content_type = f"application/json; {parameter}"
    environ = RequestFactory()._base_environ(QUERY_STRING="search=%D1%87", CONTENT_TYPE=content_type)

    assert Utf8Request(environ).GET["search"] == "ч"
    assert django_application.request_class is Utf8Request
