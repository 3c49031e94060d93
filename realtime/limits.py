"""Limits of sockets, and their intervals. The setting SOCKET_LIMITS may change any of the numbers."""

import time

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

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
    """A token bucket: frames a socket may still send, a burst, and then as many as drip in."""

    def __init__(self):
        self.tokens: float = limit("BURST")
        self.filled_at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        dripped = (now - self.filled_at) * limit("FRAMES_PER_SECOND")
        self.tokens, self.filled_at = min(limit("BURST"), self.tokens + dripped), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True
