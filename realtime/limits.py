"""Limits of sockets, and their intervals. The setting SOCKET_LIMITS may change any of the numbers."""

import threading
import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import Throttled

DEFAULTS = {
    "AUTH_SECONDS": 5,  # to say who it is
    "TICK_SECONDS": 10,  # between two looks into the database, so that a lost event is made good within 15
    "EXPIRY_NOTICE_SECONDS": 60,
    "SOCKETS_PER_USER": 10,
    "BAD_FRAMES": 10,  # in a row
    "BURST": 60,  # frames
    "FRAMES_PER_SECOND": 10,  # in the long run
}


def limit(name: str) -> float:
    return settings.SOCKET_LIMITS.get(name, DEFAULTS[name])


def require_known_limits() -> None:
    """A limit with a typing error in its name would be none. Raises ImproperlyConfigured."""
    if unknown := settings.SOCKET_LIMITS.keys() - DEFAULTS.keys():
        raise ImproperlyConfigured(f"SOCKET_LIMITS knows no {', '.join(sorted(unknown))}, only {', '.join(DEFAULTS)}.")


class TokenBucket:
    """A token bucket: what one user may still send, a burst, and then as much as drips in. From any thread."""

    def __init__(self):
        self.tokens: float = limit("BURST")
        self.filled_at = time.monotonic()
        self.lock = threading.Lock()

    def take(self) -> bool:
        with self.lock:
            self._fill()
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True

    def wait(self) -> float:
        """Seconds until there is a token again."""
        return max(0.0, 1 - self.tokens) / limit("FRAMES_PER_SECOND")

    def is_full(self) -> bool:
        with self.lock:
            self._fill()
            return self.tokens >= limit("BURST")

    def _fill(self) -> None:
        now = time.monotonic()
        dripped = (now - self.filled_at) * limit("FRAMES_PER_SECOND")
        self.tokens, self.filled_at = min(limit("BURST"), self.tokens + dripped), now


class Buckets:
    """The token buckets of this process, one per user: a new socket brings no fresh burst."""

    PURGE_AT = 1000

    def __init__(self):
        self.buckets: dict[int, TokenBucket] = {}
        self.purge_at = self.PURGE_AT
        self.lock = threading.Lock()

    def of(self, user_id: int) -> TokenBucket:
        with self.lock:
            if len(self.buckets) >= self.purge_at:
                self._purge()
            return self.buckets.setdefault(user_id, TokenBucket())

    def require_token(self, user_id: int) -> None:
        """Take a token for a request over HTTP, which counts as a frame does. Raises Throttled."""
        bucket = self.of(user_id)
        if not bucket.take():
            raise Throttled(wait=bucket.wait())

    def clear(self) -> None:
        self.buckets.clear()

    def _purge(self) -> None:
        """Forget the full ones, which are as good as new."""
        self.buckets = {key: bucket for key, bucket in self.buckets.items() if not bucket.is_full()}
        self.purge_at = max(self.PURGE_AT, 2 * len(self.buckets))


buckets = Buckets()
