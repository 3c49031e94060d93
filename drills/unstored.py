"""The chat's own server with one thing taken out: messages are numbered in memory and never stored."""

from django.utils import timezone

from CoffeeShop.asgi import application  # noqa: F401 -- what daphne serves
from support import batching, services
from support.models import Conversation, Message

conversations: dict[int, Conversation] = {}


def post_together(posts: list[services.Post]) -> list[Message]:
    """Called by the batcher's one thread only."""
    return [post(*one) for one in posts]


def post(conversation_id: int, author, client_id, text: str) -> Message:
    if conversation_id not in conversations:
        conversations[conversation_id] = Conversation.objects.with_people().get(pk=conversation_id)
    conversation = conversations[conversation_id]
    message = Message(
        conversation=conversation, seq=conversation.last_seq + 1, author=author, is_staff=author.is_admin,
        client_id=client_id, text=text, created_at=timezone.now(),
    )  # fmt: skip
    conversation.last_seq = message.seq
    conversation.updated_at = message.created_at
    services.announce_change(conversation, message)
    return message


batching.post_together = post_together
