from datetime import timedelta

import pytest
from django.utils import timezone

from support.consumers import SupportConsumer
from support.models import Conversation
from support.services import open_conversation

pytestmark = pytest.mark.django_db


def test_look_brings_what_has_changed_since_and_nothing_older(conversation, stranger):
    minute_ago = timezone.now() - timedelta(minutes=1)
    Conversation.objects.update(updated_at=minute_ago - timedelta(seconds=1))
    recent, _is_new = open_conversation(stranger)

    event = SupportConsumer.poll([], minute_ago)

    assert list(event["changes"]) == [recent.pk]
