import io

import pytest
from django.test import RequestFactory

from CoffeeShop.serving.bodies import LIMIT, TOO_LARGE, Utf8Request, bounded
from CoffeeShop.wsgi import django_application


def ask_wsgi(body: bytes, **environ: str) -> tuple[str, bytes]:
    statuses = []

    def echo_wsgi(environ, start_response):
        start_response("413 x" if TOO_LARGE in environ else "200 OK", [])
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

    assert (status, answer) == ("413", b"")


@pytest.mark.django_db
def test_refused_body_is_answered_as_everything_else_is(anonymous, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    headers = {"HTTP_ORIGIN": "https://app.example", "HTTP_ACCEPT_LANGUAGE": "ru", "HTTP_X_REQUEST_ID": "mine"}

    response = anonymous.post("/api/token/", {}, **headers, **{TOO_LARGE: True})

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response["Access-Control-Allow-Origin"] == "https://app.example"
    assert response["X-Request-ID"] == "mine"
    assert not response.json()["detail"].isascii()


@pytest.mark.django_db
def test_page_with_too_large_a_body_leads_back(anonymous):
    page = anonymous.post("/account/reset/", {}, **{TOO_LARGE: True})

    assert (page.status_code, page["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert 'href="/"' in page.content.decode()


@pytest.mark.parametrize(
    "parameter", ["charset=rot13", "charset=undefined", "charset=\0", "charset=utf-16", "boundary*=nowhere''x"]
)
def test_odd_encodings_are_passed_over(parameter):
    content_type = f"application/json; {parameter}"
    environ = RequestFactory()._base_environ(QUERY_STRING="search=%D1%87", CONTENT_TYPE=content_type)

    assert Utf8Request(environ).GET["search"] == "ч"
    assert django_application.request_class is Utf8Request
