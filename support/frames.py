"""The chat's frames: schemas for what comes in, builders for what goes out."""

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from realtime.frames import Schema
from rest.fields import MAX_ID, IntegerField, NumberParameter
from support.models import Conversation
from support.serializers import (
    ConversationSerializer,
    MessageSerializer,
    PostMessageSerializer,
    ReadSerializer,
    SeqField,
    StandingSerializer,
    author_name,
)
from users.models import CustomUser


class TypingFrame(serializers.Serializer):
    about = _("Somebody types. Send it every three seconds or so.")

    conversation = IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text=_("Staff name it; a customer has one.")
    )


class MessageFrame(TypingFrame, PostMessageSerializer):
    about = _("Say something. The answer is the same message with its `seq`, once it is stored.")


class ReadFrame(TypingFrame, ReadSerializer):
    about = _("Everything up to `seq` was seen.")


class UnsubscribeFrame(serializers.Serializer):
    about = _("Staff: no more messages of this conversation, only that it changed.")

    conversation = IntegerField(min_value=1, max_value=MAX_ID)


class SubscribeFrame(UnsubscribeFrame):
    about = _("Staff: the messages of this conversation after a `seq`, and then what is new.")

    after = SeqField(required=False)


class AddressSerializer(serializers.Serializer):
    """The parameters of the socket's address."""

    after = NumberParameter(required=False, help_text=_("The last `seq` you have: what follows it comes first."))


class SpeakerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text=_("Of staff the first name, or the shop's."))
    is_staff = serializers.BooleanField()


class ReadyFrame(serializers.Serializer):
    about = _("You are in: who you are, and how your conversation stands. Staff have none of their own.")

    user = SpeakerSerializer()
    conversation = StandingSerializer(allow_null=True)


class SaidFrame(MessageSerializer):
    about = _("A message is stored. Everybody in the conversation gets it, in the order of `seq`, without holes.")


class MarkFrame(serializers.Serializer):
    about = _("A side has read up to `seq`.")

    conversation = serializers.IntegerField()
    by = serializers.ChoiceField(["customer", "staff"])
    seq = serializers.IntegerField()


class SomebodyTypingFrame(serializers.Serializer):
    about = _("Somebody else types. Show it for about five seconds.")

    conversation = serializers.IntegerField()
    author = SpeakerSerializer()


class ConversationFrame(serializers.Serializer):
    about = _("Staff: a conversation has changed.")

    conversation = ConversationSerializer()


SCHEMAS: dict[str, Schema] = {
    "message": MessageFrame,
    "read": ReadFrame,
    "subscribe": SubscribeFrame,
    "typing": TypingFrame,
    "unsubscribe": UnsubscribeFrame,
}
SENDS: dict[str, Schema] = {
    "ready": ReadyFrame,
    "message": SaidFrame,
    "read": MarkFrame,
    "typing": SomebodyTypingFrame,
    "conversation": ConversationFrame,
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
