"""Deadlines that daphne lacks: for a connection that is idle, half a head, half a body; and answers that nobody reads.

Twisted's own time-out starts again with every byte, so that a byte now and then keeps a connection for ever.
"""

import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import reactor

from CoffeeShop.serving.daphne_websocket import MAX_UNSENT, unsent

IDLE_SECONDS, HEAD_SECONDS, BODY_SECONDS = 75, 10, 120
POLL_SECONDS = 1.0

build_protocol = HTTPFactory.buildProtocol
since: WeakKeyDictionary[object, tuple[object, float]] = (
    WeakKeyDictionary()
)  # what a connection waits for, from when on
being_answered: WeakKeyDictionary[object, WebRequest] = WeakKeyDictionary()


def build_and_watch(factory: HTTPFactory, address):
    protocol = build_protocol(factory, address)
    since[protocol] = None, time.monotonic()
    return protocol


def if_read(process: Callable[[WebRequest], None]) -> Callable[[WebRequest], None]:
    """Drop the connection of a client that sends one request after the other and reads no answer."""

    def process_if_read(request: WebRequest) -> None:
        channel = request.channel
        if unsent(channel.transport) > MAX_UNSENT:
            channel.transport.abortConnection()
            return
        being_answered[channel] = request
        process(request)

    return process_if_read


def close_the_overdue() -> None:
    now = time.monotonic()
    for protocol, (waits_for, began) in list(since.items()):
        channel = protocol._channel
        transport = channel.transport
        if transport is None or transport.disconnected or transport.protocol is not protocol:  # a WebSocket by now
            del since[protocol]
            continue
        request = channel.requests[-1] if channel.requests else None
        if request is not waits_for or being_answered.get(channel) is request is not None:
            since[protocol] = request, now
        elif now - began > limit(request):
            transport.abortConnection()
    reactor.callLater(POLL_SECONDS, close_the_overdue)


def limit(request: WebRequest | None) -> float:
    if request is None:
        return IDLE_SECONDS
    return HEAD_SECONDS if request.content is None else BODY_SECONDS


def install() -> None:
    HTTPFactory.buildProtocol = build_and_watch
    WebRequest.process = if_read(WebRequest.process)
    reactor.callLater(POLL_SECONDS, close_the_overdue)
