"""Error handlers outside API views: JSON under `/api/`, Django's pages elsewhere."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views import defaults
from redis.exceptions import RedisError

from rest.exceptions import BodyTooLarge, Unavailable
from rest.languages import language_of

# What is away will be back: nobody's fault, and no reason for a 500.
AWAY = (OperationalError, InterfaceError, RedisError, Unavailable)


def _api_or(page: Callable, status: int, code: str, detail: str, **extra) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        # A layer outside LanguageMiddleware may have failed: what is in force then is the last request's language.
        with override(language_of(request)):
            if not request.path.startswith("/api/"):
                return page(request, *args, **kwargs)
            body = {"detail": str(detail), "code": code, **extra}
            return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})

    return answer


bad_request = _api_or(defaults.bad_request, 400, "bad_request", _("The request is malformed."))
permission_denied = _api_or(defaults.permission_denied, 403, "permission_denied", _("You may not do this."))
not_found = _api_or(defaults.page_not_found, 404, "not_found", _("Not found."))
body_too_large = _api_or(
    lambda request: TemplateResponse(request, "413.html", status=413).render(),
    BodyTooLarge.status_code,
    BodyTooLarge.default_code,
    BodyTooLarge.default_detail,
)
csrf_failure = _api_or(
    lambda request, reason="": TemplateResponse(request, "403_csrf.html", status=403).render(),
    403,
    "permission_denied",
    _("You may not do this."),
)
_defect = _api_or(defaults.server_error, 500, "server_error", _("That is our fault. It is logged."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled, wherever it came from: a page, the admin, a middleware."""
    if not isinstance(sys.exception(), AWAY):
        return _defect(request)
    response = _unavailable(request)
    response.headers["Retry-After"] = str(Unavailable.wait)
    return response


def _unavailable_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("unavailable.html"), status=Unavailable.status_code)


_unavailable = _api_or(
    _unavailable_page,
    Unavailable.status_code,
    Unavailable.default_code,
    Unavailable.default_detail,
    retry_after=Unavailable.wait,
)
