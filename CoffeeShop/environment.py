"""Reading the environment strictly: what makes no sense is refused by name, in one sentence that quotes no secret."""

from __future__ import annotations  # some methods have the names of types

import errno
import io
import ipaddress
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import environ
import idna
from django.core.exceptions import ImproperlyConfigured

from CoffeeShop import envfile, serviceurls
from CoffeeShop.serviceurls import bracketed

FLAGS = {"0": False, "false": False, "no": False, "off": False, "1": True, "true": True, "yes": True, "on": True}
DATABASES = {"sqlite", "postgres", "postgresql"}
REDIS = {"redis", "rediss"}
BROKERS = {*REDIS, "amqp", "amqps", "memory", "sqs"}
MAIL = {"smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "memorymail", "dummymail"}
HOSTLESS = {"sqlite", "memory", "sqs", "consolemail", "filemail", "memorymail", "dummymail"}
MAIL_PORTS = {"smtps": 465, "smtp+ssl": 465, "smtp+tls": 587}
NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
DISK_TROUBLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG}
APP_LOAD_ERROR = 4  # gunicorn gives up on this code, instead of starting the worker again and again


@contextmanager
def refusing() -> Iterator[None]:
    """Around whatever starts a process: a mistake in the configuration ends it with a sentence, not a traceback.

    So does a disk that is full or not ours to write. And no text is one that the terminal cannot show.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    except ImproperlyConfigured as error:
        _end(f"CoffeeShop cannot start: {error}")
    except OSError as error:
        if error.errno not in DISK_TROUBLE:
            raise
        _end(f"CoffeeShop cannot go on: {error.strerror} ({error.filename or 'no file named'}).")


def _end(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(APP_LOAD_ERROR) from None


class Environment(environ.Env):
    """Every name may be set to nothing, which is as good as not set."""

    def read_file(self, root: Path) -> None:
        """The environment wins over `.env`."""
        try:
            file = envfile.env_file(root)
            for name, value in (envfile.read(file) if file else {}).items():
                os.environ.setdefault(name, value)
        except envfile.Refused as error:
            raise ImproperlyConfigured(str(error)) from None

    def str(self, var: str, default: object = "", **options) -> str:
        """Read a variable as it stands: django-environ would take a leading `$` for another variable's name."""
        return os.environ.get(var, "").strip() or str(default)

    def int(self, var: str, default: int = 0, at_least: int = 0, at_most: int = 2**31 - 1) -> int:
        value = self.str(var, default)
        if not re.fullmatch("[0-9]{1,10}", value) or not at_least <= int(value) <= at_most:
            raise ImproperlyConfigured(f"{var} must be a whole number from {at_least} to {at_most}, not {value!r}.")
        return int(value)

    def float(self, var: str, default: float) -> float:
        value = self.str(var, default)
        if not NUMBER.fullmatch(value):
            raise ImproperlyConfigured(f"{var} must be a number, not {value!r}.")
        return float(value)

    def numbers(self, var: str) -> dict[str, float]:
        """Parse a comma-separated list of NAME=number. Raises ImproperlyConfigured."""
        parts = [part.partition("=") for part in self.list(var)]
        if not all(re.fullmatch(r"[A-Z_]+", name) and NUMBER.fullmatch(value) for name, _equals, value in parts):
            raise ImproperlyConfigured(f"{var} must look like BURST=100,SOCKETS_PER_USER=5.")
        return {name: float(value) for name, _equals, value in parts}

    def bool(self, var: str, default: bool = False) -> bool:
        value = self.str(var, default).lower()
        if value not in FLAGS:
            raise ImproperlyConfigured(f"{var} must be 1 or 0, not {value!r}.")
        return FLAGS[value]

    def list(self, var: str, default: Iterable[str] = ()) -> list[str]:
        """Parse a comma-separated list."""
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
        """Names as requests bring them; `*` and a leading dot mean what they mean to Django."""
        return [value if value == "*" else self._host_pattern(var, value) for value in self.list(var)]

    def _host_pattern(self, var: str, value: str) -> str:
        dot = "." if value.startswith(".") else ""
        try:
            found = _split(f"http://{value.removeprefix('.')}")
            if found is None or found.port is not None or found.netloc != value.removeprefix("."):
                raise ValueError
            return dot + bracketed(_host(found.hostname))
        except ValueError:
            raise ImproperlyConfigured(
                f"{var} takes names such as shop.example, with commas, without scheme or port."
            ) from None

    def origin(self, var: str, default: str) -> str:
        return _origin(var, self.str(var, default))

    def origins(self, var: str) -> list[str]:
        return [_origin(var, value) for value in self.list(var)]

    def email(self, var: str, default: str) -> dict:
        """Django's settings for e-mail. `smtps` is TLS from the start, as `smtp+ssl`; `smtp+tls` begins without it."""
        value = self.address(var, MAIL, "smtp+tls://user:password@host:587", default)
        found = urlsplit(value)
        url = _plus_is_plus(value.replace(f"{found.scheme}:", f"{found.scheme.replace('smtps', 'smtp+ssl')}:", 1))
        config = self.email_url_config(url)
        return config | {"EMAIL_PORT": found.port or MAIL_PORTS.get(found.scheme, 25)}

    def bucket(self, var: str) -> dict:
        """Options of django-storages, or nothing. Raises ImproperlyConfigured."""
        like = "s3://key:secret@bucket?endpoint=https://s3.example"
        value = self.address(var, {"s3"}, like)
        with _refused(var, like):
            return serviceurls.bucket(value) if value else {}

    def redis(self, var: str, schemes: Collection[str], like: str) -> str | serviceurls.Sentinels:
        """An address, or who knows it: `redis+sentinel://one,two,three/service`. Raises ImproperlyConfigured."""
        value = self.str(var)
        if value.partition("://")[0] not in serviceurls.SENTINEL:
            return self.address(var, schemes, like)
        with _refused(var, "redis+sentinel://:password@one:26379,two:26379/service/0"):
            return serviceurls.sentinels(value)

    def database(self, var: str, default: Path) -> dict:
        """Database settings of a URL, or of the file of an installation that nobody has configured: its path is no URL,
        and may look odd.

        Raises ImproperlyConfigured.
        """
        if not self.str(var):
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
        like = "postgres://user:password@host:5432/name"
        with _refused(var, like):
            url, hosts = serviceurls.first_of_several(self.str(var), 5432)
        if not _is_address(url, DATABASES, needs_path=True):
            raise ImproperlyConfigured(f"{var} must look like {like}.")
        config = self.db_url_config(_plus_is_plus(url))
        return _on_several_hosts(config, hosts) if hosts else config


@contextmanager
def _refused(var: str, like: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        reason = f": {error}" if isinstance(error, serviceurls.Refused) else ""
        raise ImproperlyConfigured(f"{var} must look like {like}{reason}.") from None


def _on_several_hosts(config: dict, hosts: list[tuple[str, int]]) -> dict:
    """The one that takes writes, unless the URL says otherwise."""
    names, ports = (",".join(map(str, each)) for each in zip(*hosts, strict=True))
    options = {"target_session_attrs": "read-write", **config.get("OPTIONS", {})}
    return {**config, "ENGINE": "CoffeeShop.backends.failover", "HOST": names, "PORT": ports, "OPTIONS": options}


def _plus_is_plus(url: str) -> str:
    """django-environ takes a plus sign in a name or a password for a space."""
    scheme, separator, rest = url.partition("://")
    login, at, address = rest.rpartition("@")
    return scheme + separator + login.replace("+", "%2B") + at + address


def _origin(var: str, value: str) -> str:
    """Parse an origin, as browsers send it: a scheme and a host in lower case, a port unless it is the usual."""
    found = _split(value)
    try:
        is_origin = found is not None and found.scheme in {"http", "https"} and not re.search("[?#@,]", value)
        if not is_origin or found.path.strip("/") or not found.hostname:
            raise ValueError
        host = _host(found.hostname)
    except ValueError:
        raise ImproperlyConfigured(f"{var} must look like https://shop.example, not {value!r}.") from None
    named = bracketed(host)
    is_usual = found.port in {None, {"http": 80, "https": 443}[found.scheme]}
    return f"{found.scheme}://{named}" if is_usual else f"{found.scheme}://{named}:{found.port}"


def _host(name: str) -> str:
    """Normalize a host as browsers write it: Punycode, lower case, addresses in their short form. Raises ValueError."""
    if ":" in name:
        return ipaddress.IPv6Address(name).compressed
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode()
    name = name.lower().removesuffix(".")
    if name.rpartition(".")[2].isdigit():
        return str(ipaddress.IPv4Address(name))
    if not re.fullmatch(NAME, name) or len(name) > 253:
        raise ValueError
    return name


def _is_address(value: str, schemes: Collection[str], needs_path: bool = False) -> bool:
    found = _split(value)
    return (
        found is not None
        and found.scheme in schemes
        and bool(found.hostname or found.scheme in HOSTLESS)
        and bool(found.path.strip("/") or not needs_path)
    )


def _split(value: str) -> SplitResult | None:
    """Split a URL; None when it is no address at all."""
    try:
        found = urlsplit(value)
        is_sound = found.port is None or found.port > 0  # asking for a port that is none raises
    except ValueError:
        return None
    return found if is_sound and "://" in value and not re.search(r"[\s\\]", value) else None
