"""Reading the environment strictly: what makes no sense is refused by name, in one sentence that quotes no secret."""

from __future__ import annotations  # some methods have the names of types

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FLAGS = {"0": False, "false": False, "no": False, "off": False, "1": True, "true": True, "yes": True, "on": True}
DATABASES = {"sqlite", "postgres", "postgresql"}
REDIS = {"redis", "rediss"}
BROKERS = {*REDIS, "amqp", "amqps", "memory", "sqs"}
MAIL = {"smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "memorymail", "dummymail"}
HOSTLESS = {"sqlite", "memory", "sqs", "consolemail", "filemail", "memorymail", "dummymail"}
HOST = r"\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\]"
APP_LOAD_ERROR = 4  # gunicorn gives up on this code, instead of starting the worker again and again


@contextmanager
def refusing() -> Iterator[None]:
    """Around whatever starts a process: a mistake in the configuration ends it with a sentence, not a traceback."""
    try:
        yield
    except ImproperlyConfigured as error:
        print(f"CoffeeShop cannot start: {error}", file=sys.stderr, flush=True)
        raise SystemExit(APP_LOAD_ERROR) from None


class Environment(environ.Env):
    """Every name may be set to nothing, which is as good as not set."""

    def str(self, var: str, default: object = "", **options) -> str:
        """As it stands: django-environ would take what begins with a `$` for another variable's name."""
        return os.environ.get(var, "").strip() or str(default)

    def int(self, var: str, default: int = 0, at_least: int = 0, at_most: int = 2**31 - 1) -> int:
        value = self.str(var, default)
        if not re.fullmatch("[0-9]{1,10}", value) or not at_least <= int(value) <= at_most:
            raise ImproperlyConfigured(f"{var} must be a whole number from {at_least} to {at_most}, not {value!r}.")
        return int(value)

    def bool(self, var: str, default: bool = False) -> bool:
        value = self.str(var, default).lower()
        if value not in FLAGS:
            raise ImproperlyConfigured(f"{var} must be 1 or 0, not {value!r}.")
        return FLAGS[value]

    def list(self, var: str, default: Iterable[str] = ()) -> list[str]:
        """What stands between commas."""
        parts = [part.strip() for part in self.str(var).split(",")]
        return [part for part in parts if part] or [*default]

    def word(self, var: str, default: str, pattern: str, like: str) -> str:
        """A text of a known form; `like` tells people what the pattern means."""
        value = self.str(var, default)
        if not re.fullmatch(pattern, value):
            raise ImproperlyConfigured(f"{var} must be {like}, not {value!r}.")
        return value

    def address(self, var: str, schemes: Collection[str], like: str, default: str = "", needs_path=False) -> str:
        """A URL of one of the schemes, or nothing. It is not quoted when it is wrong: there may be a password in it."""
        value = self.str(var, default)
        if value and not _is_address(value, schemes, needs_path):
            raise ImproperlyConfigured(f"{var} must look like {like}.")
        return value

    def hosts(self, var: str) -> list[str]:
        values = self.list(var)
        if not all(re.fullmatch(HOST, value) for value in values):
            raise ImproperlyConfigured(f"{var} takes names such as shop.example, with commas, without scheme or port.")
        return values

    def origin(self, var: str, default: str) -> str:
        return _origin(var, self.str(var, default))

    def origins(self, var: str) -> list[str]:
        return [_origin(var, value) for value in self.list(var)]


def _origin(var: str, value: str) -> str:
    """Where a page comes from, as browsers say it: a scheme and a host."""
    value = value.rstrip("/")
    if not _is_address(value, {"http", "https"}) or not re.fullmatch("https?://[^/?#@,]+", value):
        raise ImproperlyConfigured(f"{var} must look like https://shop.example, not {value!r}.")
    return value


def _is_address(value: str, schemes: Collection[str], needs_path: bool = False) -> bool:
    found = _split(value)
    return (
        found is not None
        and found.scheme in schemes
        and bool(found.hostname or found.scheme in HOSTLESS)
        and bool(found.path.strip("/") or not needs_path)
    )


def _split(value: str) -> SplitResult | None:
    """None when it is no address at all."""
    try:
        found = urlsplit(value)
        is_sound = found.port is None or found.port > 0  # asking for a port that is none raises
    except ValueError:
        return None
    return found if is_sound and "://" in value and not re.search(r"[\s\\]", value) else None
