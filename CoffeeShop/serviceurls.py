"""Parsers of URLs that say more than one host does: a bucket, several hosts of one service, Redis behind Sentinel.

All raise ValueError, whose text says what is missing and quotes nothing: there may be a password in it.
"""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

WEB = {"http", "https"}
SENTINEL = {"redis+sentinel", "rediss+sentinel"}


class Sentinels(NamedTuple):
    """Who knows which Redis is the master of `service`, and how to sign in at either."""

    hosts: list[tuple[str, int]]
    service: str
    redis: dict[str, object]  # as redis-py takes them
    sentinel: dict[str, object]


def hosts(text: str, port: int) -> list[tuple[str, int]]:
    """Of `one,two:5433,[::1]:5432`; `port` is what those have that name none."""
    found = [urlsplit(f"//{part}") for part in text.split(",")] if text else []
    if any(not each.hostname or each.path or each.port == 0 for each in found):
        raise ValueError("a host is missing")
    return [(each.hostname, each.port or port) for each in found]


def first_of_several(url: str, port: int) -> tuple[str, list[tuple[str, int]]]:
    """The URL as if its first host were the only one, and all hosts of it."""
    login, at, places = urlsplit(url).netloc.rpartition("@")
    first = f"{login}{at}{places.partition(',')[0]}"
    return url.replace(f"{login}{at}{places}", first, 1), hosts(places, port)


def sentinels(url: str) -> Sentinels:
    """Of `redis+sentinel://:password@one:26379,two:26379/service/0?sentinel_password=…`; `rediss` is TLS to both."""
    found, query = _split(url, known={"sentinel_password", "ssl_ca_certs"})
    login, _at, places = found.netloc.rpartition("@")
    service, _slash, database = found.path.strip("/").partition("/")
    if not service or not (database or "0").isdecimal():
        raise ValueError("the service's name is missing")
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
        raise ValueError("the bucket's name is missing")
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


def _bucket_address(name: str, query: dict[str, str]) -> str:
    if endpoint := query.get("endpoint"):
        return f"{endpoint.rstrip('/')}/{name}"
    region = f".{query['region']}" if "region" in query else ""
    return f"https://{name}.s3{region}.amazonaws.com"


def _web(url: str) -> SplitResult:
    found = urlsplit(url.rstrip("/"))
    if found.scheme not in WEB or not found.hostname or found.query or "@" in found.netloc or found.port == 0:
        raise ValueError("an address is none")
    return found


def _split(url: str, known: Iterable[str]) -> tuple[SplitResult, dict[str, str]]:
    found = urlsplit(url)
    query = dict(parse_qsl(found.query, keep_blank_values=True))
    if not set(query) <= set(known) or "" in query.values():
        raise ValueError(f"after the question mark it takes {', '.join(sorted(known))}")
    return found, query


def _given(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value not in (None, "")}
