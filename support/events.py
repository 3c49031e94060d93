"""Events of a conversation: a snapshot of how it stands, and the message that changed it.

It is a snapshot, so that hearing of a change twice, late or not at all does no harm.
"""

import functools

from django.db import transaction

from realtime.broker import publish
from realtime.frames import encode
from support.models import Conversation, Message
from support.serializers import conversation_state, message_frame

STAFF = "support.staff"


def topic(conversation_id: int) -> str:
    return f"support.conversation.{conversation_id}"


def change_of(conversation: Conversation, message: Message | None = None) -> dict:
    """The event. `at` orders the snapshots of one conversation; lists and texts only, the layer knows no more."""
    state = conversation_state(conversation)
    return {
        "type": "conversation.changed",
        "at": conversation.updated_at.timestamp(),
        "conversation": state,
        "summary": encode({"type": "conversation", "conversation": state}),
        "message": None if message is None else line_of(message),
    }


def line_of(message: Message) -> dict:
    """Message of an event, with its frame encoded once for all sockets."""
    return {"seq": message.seq, "is_staff": message.is_staff, "frame": encode(message_frame(message))}


def announce_change(conversation: Conversation, message: Message | None = None) -> None:
    """After the commit, to the customer's and all staff sockets. Whatever fails there, the change is made."""
    tell = functools.partial(publish, change_of(conversation, message), topic(conversation.pk), STAFF)
    transaction.on_commit(tell, robust=True)
