"""Django's cache on Redis, for a Redis that may be away: whoever asks is told so at once, not after a timeout each."""

import time

import redis
from django.core.cache.backends import redis as stock
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from CoffeeShop.serviceurls import Sentinels

LEAVE_ALONE_SECONDS = 1.0

leave_alone_until = 0.0


class Client(redis.Redis):
    def execute_command(self, *args, **options):
        """Raises ConnectionError without asking, when Redis did not answer somebody a moment ago."""
        global leave_alone_until
        if time.monotonic() < leave_alone_until:
            raise ConnectionError("Redis was away a moment ago.")
        try:
            return super().execute_command(*args, **options)
        except (ConnectionError, TimeoutError):
            leave_alone_until = time.monotonic() + LEAVE_ALONE_SECONDS
            raise


class CacheClient(stock.RedisCacheClient):
    def __init__(self, servers, **options):
        # One more try, on a new connection: a Redis that was restarted has closed those that we kept.
        retry = Retry(NoBackoff(), 1, supported_errors=(ConnectionError,))
        super().__init__(servers, retry=retry, **options)
        self._client = Client
        self._clients: dict[int, Client] = {}

    def _get_connection_pool(self, write: bool):
        """Sentinel tells each new connection which Redis is the master."""
        server = self._servers[0]
        if not isinstance(server, Sentinels):
            return super()._get_connection_pool(write)
        if 0 not in self._pools:
            waits = {name: value for name, value in self._pool_options.items() if name.startswith("socket_")}
            sentinel = Sentinel(server.hosts, sentinel_kwargs={**waits, **server.sentinel})
            self._pools[0] = SentinelConnectionPool(server.service, sentinel, **self._pool_options, **server.redis)
        return self._pools[0]

    def get_client(self, key=None, *, write=False) -> Client:
        """Share one client per connection pool between all threads: making one takes longer than asking Redis."""
        index = self._get_connection_pool_index(write)
        if index not in self._clients:
            self._clients[index] = super().get_client(key, write=write)
        return self._clients[index]


class RedisCache(stock.RedisCache):
    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = CacheClient
