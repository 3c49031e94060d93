from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive, and says nothing of what it depends on."""
    return HttpResponse("ok", content_type="text/plain")
