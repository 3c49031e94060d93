"""Parsers of URLs that say more than one host does: a bucket, several hosts of one service, Redis behind Sentinel.

All raise ValueError. A `Refused` says what is missing; the others may quote a part of the URL, even a password.
"""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

WEB = {"http", "https"}
SENTINEL = {"redis+sentinel", "rediss+sentinel"}


class Refused(ValueError):
    pass


class Sentinels(NamedTuple):
    """Sentinel addresses, which know the Redis master of `service`, and the credentials of both."""

    hosts: list[tuple[str, int]]
    service: str
    redis: dict[str, object]  # as redis-py takes them
    sentinel: dict[str, object]

    def channel_host(self) -> dict[str, object]:
        """Host settings as channels_redis takes them."""
        names = {"sentinels": self.hosts, "master_name": self.service, "sentinel_kwargs": self.sentinel}
        return {**names, **self.redis}

    def celery(self) -> dict[str, object]:
        """Celery's settings. It takes `broker_url` from the environment itself, where ours is none that it knows."""
        login = f"{quote(self.redis.get('username', ''), '')}:{quote(self.redis.get('password', ''), '')}"
        urls = [f"sentinel://{login}@{bracketed(name)}:{port}/{self.redis['db']}" for name, port in self.hosts]
        options = {"master_name": self.service, "sentinel_kwargs": self.sentinel}
        tls = {"broker_use_ssl": {"ssl_cert_reqs": "required", **_ca(self.redis)}} if "ssl" in self.redis else {}
        url = ";".join(urls)
        return {"broker_read_url": url, "broker_write_url": url, "broker_transport_options": options, **tls}


def hosts(text: str, port: int) -> list[tuple[str, int]]:
    """Parse `one,two:5433,[::1]:5432`; `port` is for those that name none."""
    found = [urlsplit(f"//{part}") for part in text.split(",")] if text else []
    if any(not each.hostname or each.path or each.port == 0 for each in found):
        raise Refused("a host is missing")
    if not found:
        raise Refused("a host is missing")
    return [(each.hostname, each.port or port) for each in found]


def first_of_several(url: str, port: int) -> tuple[str, list[tuple[str, int]]]:
    """The URL as if its first host were the only one, and all hosts of it; none where there is no comma."""
    login, at, places = urlsplit(url).netloc.rpartition("@")
    if "," not in places:
        return url, []
    first = f"{login}{at}{places.partition(',')[0]}"
    return url.replace(f"{login}{at}{places}", first, 1), hosts(places, port)


def sentinels(url: str) -> Sentinels:
    """Parse `redis+sentinel://:password@one:26379,two:26379/service/0?sentinel_password=…`; `rediss` is TLS to both."""
    found, query = _split(url, known={"sentinel_password", "ssl_ca_certs"})
    login, _at, places = found.netloc.rpartition("@")
    service, _slash, database = found.path.strip("/").partition("/")
    if not service or not (database or "0").isdecimal():
        raise Refused("the service's name is missing")
    tls = {"ssl": True} if found.scheme == "rediss+sentinel" else {}
    if tls and "ssl_ca_certs" in query:
        tls["ssl_ca_certs"] = query["ssl_ca_certs"]
    username, _colon, password = (unquote(part) for part in login.partition(":"))
    redis = {"db": int(database or 0), "username": username, "password": password, **tls}
    sentinel = {"password": query.get("sentinel_password"), **tls}
    return Sentinels(hosts(places, 26379), service, _given(redis), _given(sentinel))


def bucket(url: str) -> dict[str, object]:
    """Options of django-storages, of `s3://key:secret@bucket/folder?endpoint=…&region=…&public=…`.

    `public` is where browsers find the bucket. A key that is not given is looked for where Amazon's tools do.
    """
    found, query = _split(url, known={"endpoint", "region", "public"})
    if not found.hostname or found.port is not None or "@" in found.path:
        raise Refused("the bucket's name is missing")
    public = _web(query.get("public") or _bucket_address(found.hostname, query))
    endpoint = query.get("endpoint")
    options = {
        "bucket_name": found.hostname,
        "location": found.path.strip("/"),
        "access_key": unquote(found.username or ""),
        "secret_key": unquote(found.password or ""),
        "region_name": query.get("region"),
        "endpoint_url": endpoint and _web(endpoint).geturl(),
        "addressing_style": endpoint and "path",
    }
    return _given(options) | {"url_protocol": f"{public.scheme}:", "custom_domain": public.netloc + public.path}


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ca(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if name == "ssl_ca_certs"}


def _bucket_address(name: str, query: dict[str, str]) -> str:
    if endpoint := query.get("endpoint"):
        return f"{endpoint.rstrip('/')}/{name}"
    region = f".{query['region']}" if "region" in query else ""
    return f"https://{name}.s3{region}.amazonaws.com"


def _web(url: str) -> SplitResult:
    found = urlsplit(url.rstrip("/"))
    if found.scheme not in WEB or not found.hostname or found.query or "@" in found.netloc or found.port == 0:
        raise Refused("an address is none")
    return found


def _split(url: str, known: Iterable[str]) -> tuple[SplitResult, dict[str, str]]:
    found = urlsplit(url)
    query = dict(parse_qsl(found.query, keep_blank_values=True))
    if not set(query) <= set(known) or "" in query.values():
        raise Refused(f"after the question mark it takes {', '.join(sorted(known))}")
    return found, query


def _given(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value not in (None, "")}
