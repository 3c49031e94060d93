"""Publishing from a process that has no sockets, such as one that answers HTTP only."""

import asyncio

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from realtime.broker import _loop_of_process, broker, publish
from rest.tests.races import in_parallel


class Recorder(InMemoryChannelLayer):
    """A layer that remembers what is sent, and on which loop."""

    def __init__(self, **options):
        super().__init__(**options)
        self.sent = []

    async def group_send(self, group: str, message: dict) -> None:
        self.sent.append((message["event"]["number"], asyncio.get_running_loop()))


class Away(InMemoryChannelLayer):
    async def group_send(self, group: str, message: dict) -> None:
        raise ConnectionError


@pytest.fixture
def without_sockets(monkeypatch):
    monkeypatch.setattr(broker, "loop", None)


def use_layer(settings, name: str) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.{name}"}}


def test_event_is_sent_when_publish_returns(settings, without_sockets):
    use_layer(settings, "Recorder")

    publish({"type": "test", "number": 1}, "topic")

    assert [number for number, _loop in channel_layers["default"].sent] == [1]


def test_events_share_a_loop_when_there_are_no_sockets(settings, without_sockets):
    use_layer(settings, "Recorder")

    for number in range(3):
        publish({"type": "test", "number": number}, "topic")

    sent = channel_layers["default"].sent
    assert [number for number, _loop in sent] == [0, 1, 2]
    assert len({loop for _number, loop in sent}) == 1


def test_threads_that_publish_first_together_share_a_loop(settings, without_sockets):
    use_layer(settings, "Recorder")
    _loop_of_process.cache_clear()

    in_parallel([lambda: publish({"type": "test", "number": 1}, "topic")] * 8)

    assert len({loop for _number, loop in channel_layers["default"].sent}) == 1


def test_publishing_does_not_fail_when_the_layer_is_away(settings, without_sockets):
    use_layer(settings, "Away")

    publish({"type": "test", "number": 1}, "topic")
