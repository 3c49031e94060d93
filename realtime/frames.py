"""Parsing and encoding of frames: JSON objects with a `type`, checked by the serializers of the consumer's class."""

import functools
import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound

from realtime.threads import DATABASE_DOWN
from rest.exceptions import Unavailable
from rest.fields import ClientIdField
from rest.parsers import loads_strictly

# What a service may answer to a frame instead of doing as it says.
REFUSALS = (APIException, ObjectDoesNotExist, *DATABASE_DOWN)

Schema = type[serializers.Serializer]


class BadFrame(APIException):
    """A frame that is no JSON object or of no known type. `client_id` is what an answer can be matched by."""

    status_code = 400
    default_code = "malformed"
    default_detail = _("Send a JSON object with a known type.")

    def __init__(self, detail=None, code=None, client_id: str | None = None):
        super().__init__(detail, code)
        self.client_id = client_id


class InvalidFrame(BadFrame):
    """A frame of a known type with a field that is missing or wrong."""

    default_code = "invalid"


class ErrorFrame(serializers.Serializer):
    about = _("What you sent could not be done. The socket stays open.")
    optional = {"client_id"}

    code = serializers.CharField(help_text=_("For programs."))
    detail = serializers.CharField(help_text=_("For people, in their language."))
    client_id = serializers.UUIDField(help_text=_("Of the message that was refused: do not send it again."))


class Frame(NamedTuple):
    type: str
    data: dict


def parse(text: str | None, schemas: Mapping[str, Schema]) -> Frame:
    """Raises BadFrame for anything but a frame of a type in `schemas` with sound fields; None is a binary frame."""
    content = _json_object(text)
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in schemas:
        raise BadFrame
    try:
        return Frame(kind, _serializer(schemas[kind], get_language()).run_validation(content))
    except serializers.ValidationError as reason:
        raise InvalidFrame(_first_error(reason.detail), client_id=_client_id(content)) from reason


def parse_query(query_string: bytes, schema: Schema) -> dict:
    """The parameters of the address that a socket was opened with, the last one of each name. Raises BadFrame."""
    given = parse_qs(query_string.decode("latin-1"), keep_blank_values=True)
    try:
        return schema().run_validation({name: values[-1] for name, values in given.items()})
    except serializers.ValidationError as reason:
        raise InvalidFrame(_first_error(reason.detail)) from reason


def encode(frame: dict) -> str:
    return json.dumps(frame, ensure_ascii=False)


def error(reason: Exception, client_id: object = None) -> dict:
    """The `error` frame for one of the REFUSALS."""
    match reason:
        case ObjectDoesNotExist():
            reason = NotFound()
        case OperationalError() | InterfaceError():
            reason = Unavailable()
    frame = {"type": "error", "code": reason.get_codes(), "detail": str(reason.detail)}
    return frame if client_id is None else {**frame, "client_id": str(client_id)}


@functools.cache
def _serializer(schema: Schema, _language: str) -> serializers.Serializer:
    """Made once, which takes longer than to check a frame; for each language, as it keeps some texts it has used."""
    return schema()


def _json_object(text: str | None) -> dict:
    if text is None:
        raise BadFrame
    try:
        content = loads_strictly(text)
    except ValueError as reason:
        raise BadFrame from reason
    if not isinstance(content, dict):
        raise BadFrame
    return content


def _first_error(errors: dict) -> str:
    field, (text, *_others) = next(iter(errors.items()))
    return f"{field}: {text}"


def _client_id(content: dict) -> str | None:
    """The client's own id, if it is one."""
    given = content.get("client_id")
    return given if isinstance(given, str) and ClientIdField.pattern.fullmatch(given) else None
