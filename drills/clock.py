"""Another clock for a process of the shop: what our code, Django's and the tokens' ask is replaced, not the system's.

The shop takes its time from `timezone.now()` alone, so that one name is enough for its rules, rows and promises. What
measures how long something took, waits or times out (`time.monotonic`, sockets, locks, Redis, PostgreSQL) goes on in
true seconds: under libfaketime Python cannot sleep.
"""

from collections.abc import Callable
from datetime import datetime

import jwt.api_jwt
import rest_framework_simplejwt.utils
from django.utils import timezone


def install(seconds: Callable[[], float]) -> None:
    """From now on it is so many seconds after 1970 as `seconds()` says. Before the shop's modules are imported."""

    class OtherDatetime(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(seconds(), tz)

    for module in (timezone, jwt.api_jwt, rest_framework_simplejwt.utils):
        module.datetime = OtherDatetime
