"""The socket's language: strict schemas for what comes in, builders for what goes out."""

import functools
import json
from typing import NamedTuple
from urllib.parse import parse_qs

from django.core.exceptions import ObjectDoesNotExist
from django.db import InterfaceError, OperationalError
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound

from rest.exceptions import Unavailable
from rest.fields import MAX_ID, IntegerField
from rest.parsers import loads_strictly
from support.exceptions import BadFrame
from support.models import Conversation
from support.serializers import (
    ClientIdField,
    NumberParameter,
    PostMessageSerializer,
    ReadSerializer,
    SeqField,
    StandingSerializer,
    author_name,
)
from users.models import CustomUser
from users.sockets import DATABASE_DOWN

# What a service may answer to a frame instead of doing as it says.
REFUSALS = (APIException, ObjectDoesNotExist, *DATABASE_DOWN)


class AuthFrame(serializers.Serializer):
    token = serializers.CharField(max_length=4096)


class TypingFrame(serializers.Serializer):
    conversation = IntegerField(min_value=1, max_value=MAX_ID, required=False)


class MessageFrame(TypingFrame, PostMessageSerializer):
    pass


class ReadFrame(TypingFrame, ReadSerializer):
    pass


class UnsubscribeFrame(serializers.Serializer):
    conversation = IntegerField(min_value=1, max_value=MAX_ID)


class SubscribeFrame(UnsubscribeFrame):
    after = SeqField(required=False)


SCHEMAS: dict[str, type[serializers.Serializer]] = {
    "auth": AuthFrame,
    "message": MessageFrame,
    "read": ReadFrame,
    "subscribe": SubscribeFrame,
    "typing": TypingFrame,
    "unsubscribe": UnsubscribeFrame,
}


class Frame(NamedTuple):
    type: str
    data: dict


def parse(text: str | None) -> Frame:
    """Raises BadFrame for anything but a frame of a known type with sound fields; None is a binary frame."""
    content = _json_object(text)
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in SCHEMAS:
        raise BadFrame
    try:
        return Frame(kind, _schema(kind, get_language()).run_validation(content))
    except serializers.ValidationError as reason:
        raise BadFrame(_first_error(reason.detail), "invalid", _client_id(content)) from reason


def parse_after(query_string: bytes) -> int | None:
    """The `after` of the address a socket was opened with. Raises BadFrame."""
    given = parse_qs(query_string.decode("latin-1"), keep_blank_values=True).get("after")
    if given is None:
        return None
    try:
        return NumberParameter().run_validation(given[-1])
    except serializers.ValidationError as reason:
        raise BadFrame(_first_error({"after": reason.detail}), "invalid") from reason


def encode(frame: dict) -> str:
    return json.dumps(frame, ensure_ascii=False)


def ready(user: CustomUser, conversation: Conversation | None) -> dict:
    standing = None if conversation is None else StandingSerializer(conversation).data
    return {"type": "ready", "user": author(user), "conversation": standing}


def typing(user: CustomUser, conversation_id: int) -> dict:
    return {"type": "typing", "conversation": conversation_id, "author": author(user)}


def read(conversation: dict, by: str) -> dict:
    """`by` is "customer" or "staff"; `conversation` a conversation's serialized state."""
    return {"type": "read", "conversation": conversation["id"], "by": by, "seq": conversation[f"{by}_read_seq"]}


def author(user: CustomUser) -> dict:
    return {"id": user.pk, "name": author_name(user, is_staff=user.is_admin), "is_staff": user.is_admin}


def error(reason: Exception, client_id: object = None) -> dict:
    """One of the REFUSALS in the contract's words."""
    match reason:
        case ObjectDoesNotExist():
            reason = NotFound()
        case OperationalError() | InterfaceError():
            reason = Unavailable()
    frame = {"type": "error", "code": reason.get_codes(), "detail": str(reason.detail)}
    return frame if client_id is None else {**frame, "client_id": str(client_id)}


@functools.cache
def _schema(kind: str, _language: str) -> serializers.Serializer:
    """Made once, which takes longer than to check a frame; for each language, as it keeps some texts it has used."""
    return SCHEMAS[kind]()


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
