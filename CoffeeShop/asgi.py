import gc

from CoffeeShop.wsgi import django_application  # sets Django up, so before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # isort: skip
from django.conf import settings
from django.urls import re_path

from CoffeeShop.routing import websocket_urlpatterns
from CoffeeShop.serving import daphne_deadlines, daphne_http, draining
from CoffeeShop.serving.bridge import Bridge
from users.sockets import SocketAuthentication


async def nowhere(scope, receive, send):
    """Reject an unknown path. Without this Channels would fail, and the client hear of a server's error."""
    await send({"type": "websocket.close"})


# Garbage that refers to itself is looked for less often: a full look passes by all that thousands of sockets keep.
gc.set_threshold(50_000, 20, 100)
daphne_http.install()
daphne_deadlines.install()
draining.install()
application = ProtocolTypeRouter(
    {
        # The whole synchronous stack in one hop on a fixed pool: stock ASGI Django gives every request a thread of its
        # own, which is slow and leaks database connections.
        "http": draining.Draining(Bridge(django_application, settings.HTTP_THREADS)),
        "websocket": SocketAuthentication(URLRouter([*websocket_urlpatterns, re_path("", nowhere)])),
    }
)
