import logging
import re
import secrets
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware import common, http
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.encoding import escape_uri_path

from CoffeeShop.monitoring.logs import REQUEST_ID
from CoffeeShop.monitoring.metrics import count_request

logger = logging.getLogger("CoffeeShop.requests")
SOUND_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


class ObservationMiddleware:
    """The outermost: names the request, counts it and, if wanted, logs it. Nothing passes it by."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if SOUND_ID.fullmatch(given) else secrets.token_hex(8)
        token = REQUEST_ID.set(request_id)
        try:
            response = self.get_response(request)
            seconds = perf_counter() - began
            count_request(request, response.status_code, seconds)
            if settings.LOG_REQUESTS:
                log_request(request, response.status_code, seconds)
        finally:
            REQUEST_ID.reset(token)
        response.headers["X-Request-ID"] = request_id
        return response


def log_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Log the request without its query: the links in e-mails carry tokens there."""
    milliseconds = round(seconds * 1000)
    path = escape_uri_path(request.path)  # it is decoded, and a line break in it would begin a line of somebody's own
    fields = {"method": request.method, "path": path, "status": status, "ms": milliseconds}
    logger.info("%s %s %d, %d ms", *fields.values(), extra={"fields": fields})


class PolicyMiddleware:
    """Tells browsers what a page of ours may load and do. A view that needs more sets a policy of its own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class ConditionalGetMiddleware(http.ConditionalGetMiddleware):
    """ETag and 304 for HEAD as for GET: Django leaves HEAD out, although the server cuts the body off only later."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.method != "HEAD":
            return super().process_response(request, response)
        if self.needs_etag(response) and not response.has_header("ETag"):
            set_response_etag(response)
        return get_conditional_response(request, etag=response.get("ETag"), response=response)


class PermanentRedirectWithBody(HttpResponsePermanentRedirect):
    status_code = 308


class CommonMiddleware(common.CommonMiddleware):
    """Redirects to the slash with 308: after a 301 a client repeats a POST as a GET, and an order is lost.

    Probes come from machines that know an address, and no name of ours.
    """

    response_redirect_class = PermanentRedirectWithBody

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        return None if request.path_info in settings.PROBES else super().process_request(request)
