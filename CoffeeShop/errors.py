"""What is answered where no API view got a say: JSON under `/api/`, Django's pages elsewhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views import defaults


def _api_or(page: Callable, status: int, code: str, detail: str) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return page(request, *args, **kwargs)
        return JsonResponse(
            {"detail": str(detail), "code": code}, status=status, json_dumps_params={"ensure_ascii": False}
        )

    return answer


bad_request = _api_or(defaults.bad_request, 400, "bad_request", _("The request is malformed."))
permission_denied = _api_or(defaults.permission_denied, 403, "permission_denied", _("You may not do this."))
not_found = _api_or(defaults.page_not_found, 404, "not_found", _("Not found."))
server_error = _api_or(defaults.server_error, 500, "server_error", _("That is our fault. It is logged."))
