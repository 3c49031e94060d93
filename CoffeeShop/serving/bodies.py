import io

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from CoffeeShop.errors import body_too_large

LIMIT = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
TOO_LARGE = "coffeeshop.body_too_large"  # in the environ of a request whose body nobody reads


class Utf8Request(WSGIRequest):
    """Request decoded as UTF-8, whatever its header says: Python knows encodings that are none for text, and fails."""

    def _set_content_type_params(self, meta: dict) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # boundary*=nowhere''x
            self.content_type, self.content_params = "", {}


def bounded(app):
    """WSGI middleware that does the same under gunicorn as `Bridge` does under daphne."""

    def application(environ, start_response):
        if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(LIMIT + 1)
            environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        if int(environ.get("CONTENT_LENGTH") or 0) > LIMIT:
            environ |= without_body()
        return app(environ, start_response)

    return application


def without_body() -> dict:
    """Environ of a request whose body was too large; BodyLimitMiddleware then answers."""
    return {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0", TOO_LARGE: True}


class BodyLimitMiddleware:
    """413, inside what gives every answer its request id, language and CORS headers."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return body_too_large(request) if TOO_LARGE in request.META else self.get_response(request)
