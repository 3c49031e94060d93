"""Integrity checks of conversations."""

from collections.abc import Iterator

from django.db.models import Count, F, Max, Q

from support.models import Conversation


def problems() -> Iterator[str]:
    """`seq` is unique and counts from 1: it has no holes where the last one is also the number of messages."""
    conversations = Conversation.objects.annotate(number=Count("messages"), highest=Max("messages__seq", default=0))
    for talk in conversations.exclude(Q(number=F("last_seq")) & Q(highest=F("last_seq"))).iterator():
        yield f"conversation {talk.pk} counts to {talk.last_seq}, it has {talk.number} messages up to {talk.highest}"
