from django.http import HttpResponsePermanentRedirect
from django.middleware import common


class PermanentRedirectWithBody(HttpResponsePermanentRedirect):
    status_code = 308


class CommonMiddleware(common.CommonMiddleware):
    """Redirects to the slash with 308: after a 301 a client repeats a POST as a GET, and an order is lost."""

    response_redirect_class = PermanentRedirectWithBody
