import socket
import threading
import time
from contextlib import contextmanager

import pytest
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from CoffeeShop.backends import rediscache

OPTIONS = {"OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}}


def cache_at(url: str) -> rediscache.RedisCache:
    return rediscache.RedisCache(url, OPTIONS)


@contextmanager
def silent_server():
    """Takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def accept():
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(rediscache, "leave_alone_until", 0.0)


def test_redis_that_never_answers_costs_its_timeout_once(monkeypatch):
    with silent_server() as url:
        cache = cache_at(url)
        with pytest.raises(TimeoutError):
            cache.get("x")
        monkeypatch.setattr(rediscache, "leave_alone_until", time.monotonic() + 60)
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(ConnectionError):
                cache.get("x")

    assert time.monotonic() - began < 3  # a timeout each would be six


def test_redis_that_is_away_is_a_redis_error():
    with pytest.raises(RedisError):
        cache_at("redis://127.0.0.1:1/0").set("x", 1)

    assert rediscache.leave_alone_until > time.monotonic()


def test_redis_is_asked_again_after_a_while(redis_url, monkeypatch):
    cache = cache_at(redis_url)
    monkeypatch.setattr(rediscache, "leave_alone_until", time.monotonic() - 0.01)

    cache.set("test-rediscache", "here", 10)

    assert cache.get("test-rediscache") == "here"


def test_connection_that_redis_has_closed_is_made_again(redis_url):
    cache = cache_at(redis_url)
    cache.set("test-rediscache", "here", 10)

    client = cache._cache.get_client()
    client.client_kill_filter(skipme=False, _id=client.client_id())

    assert cache.get("test-rediscache") == "here"
