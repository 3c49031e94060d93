import json

import pytest

from rest.parsers import json_depth, loads_strictly


@pytest.mark.parametrize(
    ("text", "depth"),
    [("1", 0), ("[]", 1), ('{"a": [1, {"b": []}]}', 4), ('"[[["', 0), (r'"\"[[["', 0), ('["[[", "', 1), ("]]]]", 0)],
)
def test_json_depth_counts_brackets_outside_strings(text, depth):
    assert json_depth(text) == depth


def test_json_depth_is_linear_when_a_string_never_ends():
    assert json_depth("[" + '"\\' * 500_000) == 1


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_loads_accepts_32_levels_and_refuses_33():
    assert loads_strictly(nested(32))
    with pytest.raises(ValueError, match="deep"):
        loads_strictly(nested(33))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "[-Infinity]", "{", "", r'"\ud800"', r'{"\uDC00": 1}', "9" * 5000])
def test_loads_refuses_what_is_no_json_of_ours(text):
    with pytest.raises(ValueError):  # noqa: PT011 - any ValueError becomes the same 400
        loads_strictly(text)


def test_loads_keeps_what_only_looks_suspicious():
    value = {"emoji": "☕\U0001f600", "path": "C:\\ud800", "quote": '"[['}

    assert loads_strictly(json.dumps(value)) == value


HOSTILE_BODIES = [
    b"{",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"username": "\\ud800", "password": "x"}',
    b'{"username": NaN}',
    b'{"username": 1e999, "password": {}}',
    b"[]",
    b"null",
    b"1",
    b'"text"',
]


@pytest.mark.django_db
@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=base64"])
def test_api_answers_400_when_the_body_is_no_object(anonymous, body, content_type):
    response = anonymous.post("/api/token/", body, content_type=content_type)

    assert response.status_code == 400


@pytest.mark.django_db
def test_api_answers_413_to_more_than_a_mebibyte(anonymous):
    response = anonymous.post("/api/token/", b'"' + b"x" * 2**20 + b'"', content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_api_answers_415_to_anything_but_json(anonymous, content_type):
    response = anonymous.post("/api/token/", b"a=1", content_type=content_type)

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
