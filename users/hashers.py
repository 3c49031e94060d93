"""Argon2, a few at a time: each takes 100 MB and a core for a third of a second, and anybody may ask for one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from django.conf import settings
from django.contrib.auth import hashers
from rest_framework.exceptions import Throttled

from rest.exceptions import Unavailable

# Threads beyond these answer something else: a flood of logins must not take all of them.
running = BoundedSemaphore(settings.PASSWORD_HASHES)
running_or_waiting = BoundedSemaphore(settings.PASSWORD_HASHES * 3)


# Half of the places: whoever floods us leaves the others to everybody else.
MOST_OF_ONE_CLIENT = max(1, settings.PASSWORD_HASHES * 3 // 2)
held: Counter[str] = Counter()
counting = Lock()


@contextmanager
def share_of(client: str) -> Iterator[None]:
    """Fair share: bounds the hashes that one client has running or waiting. Raises Throttled."""
    with counting:
        if held[client] >= MOST_OF_ONE_CLIENT:
            raise Throttled(wait=1)
        held[client] += 1
    try:
        yield
    finally:
        with counting:
            held[client] -= 1
            if not held[client]:
                del held[client]


@contextmanager
def turn() -> Iterator[None]:
    """Raises Unavailable when too many wait already, or when it takes too long."""
    if not running_or_waiting.acquire(blocking=False):
        raise Unavailable
    try:
        if not running.acquire(timeout=settings.PASSWORD_HASH_WAIT_SECONDS):
            raise Unavailable
        try:
            yield
        finally:
            running.release()
    finally:
        running_or_waiting.release()


class BoundedArgon2PasswordHasher(hashers.Argon2PasswordHasher):
    def encode(self, password: str, salt: str) -> str:
        with turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with turn():
            return super().verify(password, encoded)
