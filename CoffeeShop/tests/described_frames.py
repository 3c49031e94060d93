"""Holds frames to the AsyncAPI document, strictly: the tests' sockets hear nothing that it does not say."""

import functools
import json

from django.utils.translation import override
from jsonschema import Draft202012Validator

from CoffeeShop.schema.asyncapi import document


@functools.cache
def validators() -> dict[tuple[str, str], Draft202012Validator]:
    """By the socket's path and by `send-` or `receive-` and the frame's type."""
    with override("en"):
        made = json.loads(json.dumps(document(scheme="ws", host="shop")))
    return {
        (channel["address"], key): Draft202012Validator(closed(message["payload"]))
        for channel in made["channels"].values()
        for key, message in channel["messages"].items()
    }


def closed(schema: dict) -> dict:
    """The schema without room for fields that it does not name."""
    schema = dict(schema)
    if "items" in schema:
        schema["items"] = closed(schema["items"])
    if "properties" in schema:
        schema["properties"] = {name: closed(field) for name, field in schema["properties"].items()}
        schema["additionalProperties"] = False
    return schema


def problems(path: str, direction: str, frame: dict) -> list[str]:
    validator = validators().get((path, f"{direction}-{frame.get('type')}"))
    if validator is None:
        return [f"{path} has no schema for {frame}"]
    return [f"{error.json_path}: {error.message} in {frame}" for error in validator.iter_errors(frame)]


def require_description(path: str, frame: dict) -> None:
    assert not problems(path, "send", frame), "\n".join(problems(path, "send", frame))
