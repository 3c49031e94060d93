"""The AsyncAPI document says of both sockets what they do: all that docs/websocket.md shows, and nothing else.

What every other test's sockets hear is held to it, too (`described_frames` in conftest.py).
"""

import json
import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.utils.translation import override

from CoffeeShop.schema.asyncapi import consumers, document
from CoffeeShop.tests.described_frames import problems, validators
from realtime.frames import BadFrame, parse
from support.tests.test_bad_frames import UNSOUND

SOCKETS = {"frames": "/ws/support/", "orders": "/ws/orders/"}  # by the language of the document's blocks
FRAME = re.compile(r"^\w+ (?P<sign>[→←]) (?P<frame>\{.*\})$", re.MULTILINE)
BAD = {"malformed", "invalid"}


def spoken() -> list[tuple[str, str, dict, str]]:
    """The frames of docs/websocket.md: socket, direction, frame, and the code of an error that follows."""
    text = Path(settings.BASE_DIR, "docs", "websocket.md").read_text(encoding="utf-8")
    found = []
    for language, block in re.findall(r"^```(frames|orders)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        lines = [(line["sign"], json.loads(line["frame"])) for line in FRAME.finditer(block)]
        for (sign, frame), (_sign, following) in zip(lines, [*lines[1:], ("", {})], strict=True):
            direction = "receive" if sign == "→" else "send"
            found.append((SOCKETS[language], direction, frame, following.get("code", "")))
    return found


def test_every_frame_of_the_manual_is_described():
    wrong = [
        problem
        for path, direction, frame, code in spoken()
        if direction == "send" or code not in BAD
        for problem in problems(path, direction, frame)
    ]

    assert not wrong


def test_every_described_frame_is_in_the_manual():
    shown = {(path, f"{direction}-{frame['type']}") for path, direction, frame, _code in spoken()}

    # `auth` and its end are the same at both sockets, and shown at one.
    inherited = {("/ws/orders/", "receive-auth"), ("/ws/orders/", "send-auth_expiring")}
    assert validators().keys() - shown == inherited


def test_frame_without_a_schema_is_found():
    assert problems("/ws/support/", "send", {"type": "news"})
    assert problems("/ws/support/", "send", {"type": "read", "conversation": 7, "by": "staff", "seq": 3, "at": "now"})
    assert problems("/ws/support/", "send", {"type": "read", "conversation": 7, "by": "staff"})


def test_unsound_frames_are_not_as_described():
    beyond = [frame for frame in UNSOUND if not problems("/ws/support/", "receive", frame)]

    # White space, NUL and the size of a number are rules that JSON Schema has no word for.
    assert {frame["type"] for frame in beyond} <= {"message", "read"}
    assert len(beyond) < len(UNSOUND) / 2


@pytest.mark.parametrize(("path", "consumer"), consumers())
def test_every_example_is_as_described_and_understood(path, consumer):
    (channel,) = [each for each in made()["channels"].values() if each["address"] == path]

    for key, message in channel["messages"].items():
        (example,) = message["examples"]
        assert not problems(path, key.partition("-")[0], example["payload"])
        if key.startswith("receive-"):
            assert parse(json.dumps(example["payload"]), consumer.schemas).type == message["name"]
            assert is_refused(consumer, {**example["payload"], "type": "news"})


def is_refused(consumer, frame: dict) -> bool:
    try:
        parse(json.dumps(frame), consumer.schemas)
    except BadFrame:
        return True
    return False


def made() -> dict:
    with override("en"):
        return document(scheme="ws", host="testserver")


def test_document_is_served_as_json_and_yaml(client):
    as_json = client.get("/asyncapi.json", headers={"accept-language": "ru"})
    as_yaml = client.get("/asyncapi.yaml")

    assert as_json.json() == yaml.safe_load(as_yaml.content) == made()
    assert as_json["Content-Type"] == "application/json; charset=utf-8"
    assert client.get("/asyncapi.xml").status_code == 404
    assert client.post("/asyncapi.json").status_code == 405


@pytest.mark.parametrize(("language", "words"), [("en", "You send"), ("ru", "Вы отправляете")])
def test_page_has_every_frame_in_the_readers_language(client, language, words):
    page = client.get("/asyncapi/", headers={"accept-language": language}).content.decode()

    assert words in page
    assert all(f'id="{path.strip("/").rpartition("/")[2]}-{key}"' in page for path, key in validators())
    assert not re.search(r"<script|<style| style=|//cdn", page)
