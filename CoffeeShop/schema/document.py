"""The document as a whole, and the pages that show it."""

import threading
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from CoffeeShop.schema.examples import give_examples

INFO = openapi.Info(
    title="CoffeeShop API",
    default_version="v1",
    description=(
        "Menu, cart, orders and support chat of a chain of coffee shops.\n\n"
        "Get a token pair from `POST /api/token/` and send `Authorization: Bearer <access>`. "
        "Money is a decimal string, times are ISO 8601. "
        "Errors about fields are `400` with a list of texts per field; every other error is the `Error` schema, "
        "whose `code` is stable and whose `detail` follows `Accept-Language` (`en`, `ru`).\n\n"
        "A method that a route does not list is `405`. Every answer has an `X-Request-ID`: name it when you ask us. "
        "The live chat is a WebSocket at `/ws/support/`. For probes there are `/healthz`, `/readyz` and `/metrics`."
    ),
)
TAGS = {
    "users": "Accounts: sign in, register, your profile; for administrators everybody's.",
    "products": "The menu: categories, products, their options, the branches and what each does differently.",
    "promotions": "What makes it cheaper: promo codes and stamps.",
    "cart": "What you want.",
    "orders": "What you bought.",
    "support": "Talking to us, without a socket.",
}


class Generator(OpenAPISchemaGenerator):
    """The same document in English for everybody, with a word on every tag."""

    def get_schema(self, request=None, public=False) -> openapi.Swagger:
        with translation.override("en"):
            document = super().get_schema(request, public)
        give_examples(document)
        document.tags = [{"name": name, "description": text} for name, text in TAGS.items()]
        return document


schema_view = get_schema_view(
    INFO, public=True, generator_class=Generator, authentication_classes=[], permission_classes=[AllowAny]
)

# Both pages style themselves as they run, and ReDoc searches in a worker of its own making. Its logo, at the makers'
# site, stays out.
DOCUMENTS_POLICY = f"{settings.CONTENT_SECURITY_POLICY}; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"


MAX_CACHED = 16  # responses; ALLOWED_HOSTS may have a wildcard


def cache_per_host(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Cached response per host and format, single-flight: the document takes some tenths of a second to make."""
    cached: dict[tuple, tuple[bytes, dict[str, str]]] = {}
    lock = threading.Lock()

    @wraps(view)
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        formats = request.GET.get("format"), request.headers.get("Accept")
        key = request.scheme, request.get_host(), request.path, *(str(each)[:100] for each in formats)
        with lock:
            if key not in cached:
                response = view(request, *args, **kwargs)
                if response.status_code != 200 or response.cookies:
                    return response
                if len(cached) >= MAX_CACHED:
                    cached.clear()
                cached[key] = response.render().content, dict(response.items())
        content, headers = cached[key]
        return HttpResponse(content, headers=headers)

    return answer


def permit_documents(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def permitted(*args, **kwargs) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = DOCUMENTS_POLICY
        return response

    return permitted
