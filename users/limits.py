"""Rate limits. Counts live in the cache, which all processes share, and change atomically there.

Without its cache the shop goes on unlimited rather than lock everybody out.
"""

import hashlib
import ipaddress
import logging
import re
import time
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

logger = logging.getLogger(__name__)


class Limit(NamedTuple):
    """Rate limit: so many times in so many seconds, counted from the first time."""

    name: str
    times: int
    seconds: int


FAILED_LOGINS = Limit("failed-login", *settings.LIMIT_FAILED_LOGINS)
REGISTRATIONS = Limit("registration", *settings.LIMIT_REGISTRATIONS)
FAILED_LOGINS_OF_ADDRESS = Limit("failed-login-address", *settings.LIMIT_FAILED_LOGINS_ADDRESS)
EMAILS = Limit("email", *settings.LIMIT_EMAILS)
FIRST_EMAILS = Limit("first-email", *settings.LIMIT_EMAILS)  # to an address that an account says is its own
WRONG_CODES = Limit("wrong-code", *settings.LIMIT_WRONG_CODES)


def count(limit: Limit, *subject: object) -> None:
    """Count one more time. Raises Throttled, with the seconds to wait, when that was once too often."""
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


def is_first(limit: Limit, *subject: object) -> bool:
    """True for the first time within the limit's seconds, and counts it. One question to the cache, not five."""
    try:
        return cache.add(_key(limit, subject), 1, limit.seconds)
    except RedisError as error:
        logger.warning("%s not counted: %s", limit.name, type(error).__name__)
        return True


def count_registration(request: HttpRequest) -> None:
    """Count a registration or a change of address before its body is looked at: refusals tell who exists, too.

    Raises Throttled.
    """
    count(REGISTRATIONS, client_address(request))


def allows_email(account: object, address_key: str) -> bool:
    """Count an e-mail somebody asks for: for the account, and for the recipient over all accounts and kinds."""
    return all([allows(EMAILS, "account", account), allows(EMAILS, "recipient", address_key)])


def client_address(request: HttpRequest) -> str:
    """Address of the caller: what our own proxies say, as many as there are, and never what the client says itself.

    One text for one client: without the port, and of IPv6 the /64, which is what one customer of a provider has.
    """
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    told = ""
    if settings.NUM_PROXIES and len(forwarded) >= settings.NUM_PROXIES:
        told = _network(forwarded[-settings.NUM_PROXIES])
    return told or _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    """Empty for what is no address."""
    text = text.strip('"')
    if found := re.fullmatch(r"\[(.*)\](:[0-9]+)?|([0-9.]+):[0-9]+", text):
        text = found[1] or found[3]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))


def _wait(key: str) -> float:
    return max(1, cache.get(f"{key}:until", 0) - time.time())


def _key(limit: Limit, subject: tuple[object, ...]) -> str:
    digest = hashlib.sha256(repr(subject).encode()).hexdigest()
    return f"limit:{limit.name}:{digest}"
