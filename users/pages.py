from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from users.exceptions import LinkNotValid
from users.services import verify_email


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_email_page(request: HttpRequest) -> HttpResponse:
    """Where the link in the mail leads. Only the button verifies: mail scanners follow links, too."""
    if request.method != "POST":
        return render(request, "users/verify.html", {"state": "ask"})
    try:
        verify_email(uid=request.GET.get("uid", ""), token=request.GET.get("token", ""))
    except LinkNotValid as error:
        return render(request, "users/verify.html", {"state": "failed", "detail": error.detail}, status=400)
    return render(request, "users/verify.html", {"state": "done"})
