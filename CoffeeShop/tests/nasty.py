"""What nobody means well with, and where it is put: everywhere the Swagger document says that something can be sent.

Tests try a sample; all of it with NASTY=all.
"""

import json
import os
import random
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from django.db import connection

SAMPLE = 12
BIG = 2**63
STRINGS = [
    "", " ", "\t\n", "\0", "a\0b", "\ud800", "a\udfffb", "\u202e\u2066evil", "\u115f", "\ufeff", "\ufdfa" * 200,
    "x" * 5000, "e\u0301" * 300, "😀" * 200, "0", "-1", "1.5", "1_0", " 1", "1 ", "+1", "1e5", "1e999", "0x10", "١",
    "١٢:٣٠", "٣.٥٠", "NaN", "Infinity", "-Infinity", "sNaN", "9" * 400, "0." + "0" * 400 + "1", "-0.01", "100000000.00",
    "1.001", str(BIG), str(BIG - 1), str(-BIG), "99999999999999999999", "true", "null", "None", "[]", "{}",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "0000-00-00", "2026-02-30T25:61:61Z", "10000-01-01",
    "2026-11-25T12:00:00", "2026-W01-1", "24:00", "25:00", "08:00+99:00", "Europe/Atlantis", "../../etc/passwd",
    "/etc/localtime", "%00", "%s%n%(a)s{0.__class__}", "{{7*7}}{% debug %}", "' OR 1=1 --", "\\", "%", "_", "a,b,,c",
    "<script>alert(1)</script>", "javascript:alert(1)", "a\r\nSet-Cookie: x=1", "a\nBcc: x@example.com", "a@b@c",
    "x@localhost", '"a b"@example.com', "é@exämple.com", "a" * 300 + "@example.com", "eyJhbGciOiJub25lIn0.e30.",
    "cD0yMDI2", "bz0xMDAwMDAwMDAw", "cD05OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjU5", "-price,-price,pk,__class__",
    "user__password", "a.b.c",
]  # fmt: skip
OTHERS = [
    None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, -1e308, BIG, BIG - 1, -BIG - 1, 2**31, 2**31 - 1, 2**16, 10**400,
    [], [[]], [None], [0], [1, 1], [True], ["1"], [BIG], [{}], {}, {"id": 1}, {"": ""}, {"__proto__": {}}, [1] * 1000,
    [["x"]] * 300, {"a": {"b": {"c": [{}]}}},
]  # fmt: skip
# What JSON has no value for: put into the text as it stands.
LITERALS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1E400", "01", "0x1", "1_0", "'a'", "[" * 40 + "]" * 40]
BODIES = [
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}{}", b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 50_000,
    b'{"\\u0000": 1}', b'{"\\ud800": 1}', b'{"a": 1, "a": 2}', b"9" * 5000, b"{" + b'"k": 1, ' * 1000 + b'"k": 1}',
    b"[" + b"[]," * 50_000 + b"1]", "{'a': 1}".encode("utf-16"), b'{"a": "' + b"x" * 2**20 + b'"}', b"\0" * 100,
]  # fmt: skip
CONTENT_TYPES = [
    "", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "APPLICATION/JSON", "a/b/c", ";;;",
    "multipart/form-data; boundary=" + "x" * 300, "application/*", "application/x-www-form-urlencoded",
    "application/json; " + "a=b; " * 500,
]  # fmt: skip
HEADERS = {
    "Accept": ["", "*", "*/*;q=nan", "application/json;q=1e999", "a" * 5000, "text/html", "/", ";", "a/b;" * 500],
    "Accept-Language": ["", "xx", "ru-" + "a" * 5000, "*;q=nan", "../../ru", "en;q=9999999999", "\xe9", "ru," * 2000],
    "Authorization": [
        "", "Bearer", "Bearer ", "Bearer a b", "Bearer \xe9", "Bearer " + "a" * 6000, "Basic YWRtaW46YWRtaW4=",
        "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9.", "Bearer ..", "Bearer e30.e30.e30", "\x01", "bearer x",
    ],
    "Content-Encoding": ["gzip", "br", "identity", "a" * 5000, "\xe9"],
    "Cookie": ["sessionid=a; csrftoken=b", "django_language=../../x", "messages=x", "=" * 500, "a=\xe9", "a;" * 99],
    "Expect": ["100-continue", "the-unexpected", "\xe9"],
    "Forwarded": ["for=1.1.1.1;host=evil.example;proto=https"],
    "Host": ["evil.example", "", "127.0.0.1:99999", "127.0.0.1@evil.example", "[::1", "a" * 300, "127.0.0.1\xe9", "*"],
    "Idempotency-Key": ["", "x" * 256, "a\0b", "\xe9" * 255, "\x01", "' OR 1=1 --"],
    "If-Match": ['"nonsense"', "*", "W/", '"'],
    "If-Modified-Since": ["yesterday", "Wed, 99 Nov 99999 99:99:99 GMT", "9" * 400, "Thu, 01 Jan 0000 00:00:00 GMT"],
    "If-None-Match": ["", "*", '"', 'W/"x', '"' * 999, "a," * 2000, '"\xe9"'],
    "Origin": ["null", "https://evil.example", "http://[", "\xe9", "http://testserver"],
    "Range": ["bytes=0-0", "bytes=-1", "bytes=9-1," * 200, "lines=1", "bytes=" + "9" * 400 + "-"],
    "Referer": ["http://[", "\xe9"],
    "X-Forwarded-For": ["", "a", "1.1.1.1, 2.2.2.2", "," * 999, "'", "\xe9"],
    "X-Forwarded-Host": ["evil.example"],
    "X-Forwarded-Proto": ["https", "javascript"],
    "X-HTTP-Method-Override": ["DELETE", "TRACE"],
    "X-Request-ID": ["", "a\r\nb", "x" * 65, "\xe9", "$(id)", "../.."],
}  # fmt: skip

# Of what no answer tells.
INSIDES = (
    "Traceback", "psycopg", "Exception", "DETAIL:", "SELECT ", "object at 0x", "site-packages", "invalid literal",
)  # fmt: skip


class Attack(NamedTuple):
    """One request: what is unlike a sound one is in `where` and `value`."""

    where: str
    value: object
    query: str = ""
    body: str | bytes | None = None
    in_path: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = {}


class Raw(str):
    """Goes into the JSON text as it stands."""


VALUES = [*STRINGS, *OTHERS, *map(Raw, LITERALS)]


def chosen(nasty: list, seed: str, count: int = SAMPLE) -> list:
    """All of them with NASTY=all, the same few of them otherwise."""
    if os.environ.get("NASTY") == "all":
        return nasty
    return random.Random(seed).sample(nasty, min(count, len(nasty)))  # noqa: S311


def attacks(operation: dict, definitions: dict, sound: dict[str, object]) -> Iterator[Attack]:
    """Every nasty value in every place of one operation; `sound` has a good value for every name of a field."""
    schema = next((spot["schema"] for spot in operation["parameters"] if spot["in"] == "body"), None)
    good = example(schema, "", definitions, sound) if schema else None
    for spot in operation["parameters"]:
        for text in STRINGS if spot["in"] in {"query", "path"} else []:
            escaped = quote(text.encode("utf-8", "surrogatepass"), safe="")
            place = {"query": f"{spot['name']}={escaped}"} if spot["in"] == "query" else {"in_path": escaped}
            yield Attack(f"{spot['in']} {spot['name']}", text, body=good and written(good), **place)
    for way in places(good):
        for value in VALUES:
            yield Attack(f"body {way}", value, body=written(changed(good, way, value)))
    for body in BODIES if good else []:
        yield Attack("body", body, body=body)
    for content_type in CONTENT_TYPES:
        yield Attack("Content-Type", content_type, body=good and written(good), content_type=content_type)
    for name, values in HEADERS.items():
        for value in values:
            yield Attack(name, value, body=good and written(good), headers={name: value})


def example(schema: dict, name: str, definitions: dict, sound: dict[str, object]) -> object:
    """A sound value for a schema, its list with one element."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "object":
        fields = {field: part for field, part in schema.get("properties", {}).items() if not part.get("readOnly")}
        return {field: example(part, field, definitions, sound) for field, part in fields.items()}
    if schema.get("type") == "array":
        return [example(schema["items"], name, definitions, sound)]
    return schema["enum"][0] if "enum" in schema and name not in sound else sound.get(name, "x")


def places(body: object, way: tuple = ()) -> Iterator[tuple]:
    """The ways to every value within a body."""
    steps = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, part in steps:
        yield (*way, step)
        yield from places(part, (*way, step))


def changed(body: object, way: tuple, value: object) -> object:
    if not way:
        return value
    copy = body.copy()
    copy[way[0]] = changed(body[way[0]], way[1:], value)
    return copy


def written(body: object) -> str:
    """As JSON, in which `Raw` values stand for themselves."""
    match body:
        case Raw():
            return str(body)
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)}: {written(part)}" for name, part in body.items()) + "}"
        case list():
            return "[" + ", ".join(map(written, body)) + "]"
    return json.dumps(body)


def told_insides(text: str) -> list[str]:
    return [f"tells {word!r}" for word in INSIDES if word in text]


def contents() -> list:
    """A digest of every table."""
    names = connection.introspection.table_names()
    # The names are the database's own.
    digests = (f"SELECT '{name}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM \"{name}\" t" for name in names)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digests))
        return sorted(cursor.fetchall())
