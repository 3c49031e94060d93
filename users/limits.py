"""How often something may happen. Counts live in the cache, which all processes share, and change atomically there.

Without its cache the shop goes on unlimited rather than lock everybody out.
"""

import hashlib
import logging
import time
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

logger = logging.getLogger(__name__)


class Limit(NamedTuple):
    """So many times in so many seconds, counted from the first time."""

    name: str
    times: int
    seconds: int


FAILED_LOGINS = Limit("failed-login", *settings.LIMIT_FAILED_LOGINS)
REGISTRATIONS = Limit("registration", *settings.LIMIT_REGISTRATIONS)
VERIFICATION_LETTERS = Limit("verification-letter", *settings.LIMIT_LETTERS)
RESET_LETTERS = Limit("reset-letter", *settings.LIMIT_LETTERS)


def count(limit: Limit, *subject: object) -> None:
    """It happened once more. Raises Throttled, with the seconds to wait, when that was once too often."""
    key = _key(limit, subject)
    try:
        cache.add(f"{key}:until", time.time() + limit.seconds, limit.seconds)
        cache.add(key, 0, limit.seconds)
        if cache.incr(key) > limit.times:
            raise Throttled(wait=_wait(key))
    except (RedisError, ValueError) as error:  # ValueError: the count expired in this very moment
        logger.warning("%s not counted: %s", limit.name, type(error).__name__)


def require(limit: Limit, *subject: object) -> None:
    """Raises Throttled, as `count` would, when it may not happen again; counts nothing."""
    key = _key(limit, subject)
    try:
        if cache.get(key, 0) >= limit.times:
            raise Throttled(wait=_wait(key))
    except RedisError as error:
        logger.warning("%s not looked up: %s", limit.name, type(error).__name__)


def allows(limit: Limit, *subject: object) -> bool:
    """Count it, for those who may not be told that it was once too often."""
    try:
        count(limit, *subject)
    except Throttled:
        return False
    return True


def count_registration(request: HttpRequest) -> None:
    """Before the body is looked at: refusals, too, tell who exists. Raises Throttled."""
    count(REGISTRATIONS, client_address(request))


def client_address(request: HttpRequest) -> str:
    """Who is calling: what our own proxies say, as many as there are, and never what the client says itself."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if settings.NUM_PROXIES and len(forwarded) >= settings.NUM_PROXIES:
        return forwarded[-settings.NUM_PROXIES]
    return request.META.get("REMOTE_ADDR", "")


def _wait(key: str) -> float:
    return max(1, cache.get(f"{key}:until", 0) - time.time())


def _key(limit: Limit, subject: tuple[object, ...]) -> str:
    digest = hashlib.sha256(repr(subject).encode()).hexdigest()
    return f"limit:{limit.name}:{digest}"
