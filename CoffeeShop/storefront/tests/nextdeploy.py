"""The site as the next deploy has it: the same, but for the version of its shell. Tests start it as a server."""

from CoffeeShop.asgi import application  # noqa: F401 - what the server serves
from CoffeeShop.storefront import views

views.version = lambda: "the next deploy"
