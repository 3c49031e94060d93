"""The shop with the strictest policy that its pages have to live with: everything from here, nothing inline."""

from CoffeeShop.settings import *  # noqa: F403
from CoffeeShop.settings import MIDDLEWARE

MIDDLEWARE = ["support.tests.pages.strict_settings.strict_policy", *MIDDLEWARE]


def strict_policy(get_response):
    def respond(request):
        response = get_response(request)
        response["Content-Security-Policy"] = "default-src 'self'"
        return response

    return respond
