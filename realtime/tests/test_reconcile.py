import asyncio

import pytest
from django.db import OperationalError

from realtime.broker import Inbox
from realtime.reconcile import Reconciler


@pytest.fixture(autouse=True)
def quick(settings):
    settings.SOCKET_LIMITS = {"TICK_SECONDS": 0.02}


def consumer(poll):
    """A consumer class of its own, with nothing but what the reconciler needs."""

    class Consumer:
        def __init__(self):
            self.inbox = Inbox()

        def concerns(self, event):
            return event["concerns"]

    Consumer.poll = staticmethod(poll)
    return Consumer


async def test_one_look_of_each_kind_serves_all_its_sockets():
    looks = []

    def poll(kind):
        return lambda sockets, since: looks.append((kind, len(sockets))) or {"kind": kind, "concerns": True}

    chat, orders = consumer(poll("chat")), consumer(poll("orders"))
    sockets = [chat(), chat(), orders()]
    reconciler = Reconciler()
    for socket in sockets:
        reconciler.watch(socket)

    events = await asyncio.wait_for(asyncio.gather(*(socket.inbox.get() for socket in sockets)), 20)
    for socket in sockets:
        reconciler.unwatch(socket)

    assert [event["kind"] for event in events] == ["chat", "chat", "orders"]
    assert set(looks) == {("chat", 2), ("orders", 1)}


async def test_event_is_put_first_when_the_inbox_is_full():
    socket = consumer(lambda sockets, since: {"type": "reconcile", "concerns": True})()
    for _ in range(Inbox.MAX_EVENTS):
        socket.inbox.deliver({"type": "typing"})
    reconciler = Reconciler()
    reconciler.watch(socket)

    async with asyncio.timeout(20):
        while socket.inbox.qsize() == Inbox.MAX_EVENTS:
            await asyncio.sleep(0.02)
    reconciler.unwatch(socket)

    assert (await socket.inbox.get())["type"] == "reconcile"


@pytest.mark.parametrize("failure", [OperationalError, ValueError])
async def test_looking_goes_on_when_one_look_fails(failure):
    looks = []

    def poll(sockets, since):
        looks.append(since)
        if len(looks) == 1:
            raise failure
        return {"concerns": True}

    socket = consumer(poll)()
    reconciler = Reconciler()
    reconciler.watch(socket)

    await asyncio.wait_for(socket.inbox.get(), 20)
    reconciler.unwatch(socket)

    assert looks[0] == looks[1]  # what the failed one missed is looked for again
