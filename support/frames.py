"""The chat's frames: schemas for what comes in, builders for what goes out."""

from rest_framework import serializers

from realtime.frames import Schema
from rest.fields import MAX_ID, IntegerField, NumberParameter
from support.models import Conversation
from support.serializers import PostMessageSerializer, ReadSerializer, SeqField, StandingSerializer, author_name
from users.models import CustomUser


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


class AddressSerializer(serializers.Serializer):
    """The parameters of the socket's address."""

    after = NumberParameter(required=False)


SCHEMAS: dict[str, Schema] = {
    "message": MessageFrame,
    "read": ReadFrame,
    "subscribe": SubscribeFrame,
    "typing": TypingFrame,
    "unsubscribe": UnsubscribeFrame,
}


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
