import io
import json

import pytest
from django.test import RequestFactory

from CoffeeShop.serving.bodies import LIMIT, Utf8Request, bounded
from CoffeeShop.wsgi import django_application


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
