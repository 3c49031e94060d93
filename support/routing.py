from django.urls import path

from support.consumers import SupportConsumer

websocket_urlpatterns = [path("ws/support/", SupportConsumer.as_asgi())]
