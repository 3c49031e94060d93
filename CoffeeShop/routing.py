"""Every socket there is: served by `asgi`, described by `/asyncapi/`."""

from orders.routing import websocket_urlpatterns as orders_urlpatterns
from support.routing import websocket_urlpatterns as support_urlpatterns

websocket_urlpatterns = [*support_urlpatterns, *orders_urlpatterns]
