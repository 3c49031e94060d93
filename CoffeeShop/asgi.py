import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "CoffeeShop.settings")
django_application = get_wsgi_application()  # before anything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from CoffeeShop.bodies import BoundedBody  # noqa: E402
from CoffeeShop.hop import WSGIHop  # noqa: E402
from support.routing import websocket_urlpatterns  # noqa: E402
from users.sockets import SocketAuthentication  # noqa: E402

application = ProtocolTypeRouter(
    {
        # The whole synchronous stack in one hop on a fixed pool: stock ASGI Django gives every request a thread of its
        # own, which is slow and leaks database connections.
        "http": BoundedBody(WSGIHop(django_application, workers=settings.HTTP_THREADS)),
        "websocket": SocketAuthentication(URLRouter(websocket_urlpatterns)),
    }
)
