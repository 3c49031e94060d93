"""Reminders by e-mail of unread answers, to a customer who is away: due some minutes after, one for all answers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from support import mails
from support.models import Conversation

BATCH = 500


def due_after(moment: datetime) -> datetime:
    return moment + timedelta(seconds=settings.SUPPORT_AWAY_SECONDS)


@transaction.atomic
def put_off(customer_ids: Iterable[int]) -> None:
    """Postpone the reminders of connected customers: what they have not read yet becomes an e-mail some time after they
    leave.
    """
    waiting = Conversation.objects.filter(customer__in=customer_ids, reminder_due_at__isnull=False)
    # Several servers do this at once; a row that somebody holds is one that changes now anyway.
    ids = list(waiting.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
    if ids:
        Conversation.objects.filter(pk__in=ids).update(reminder_due_at=due_after(timezone.now()))


def queue_due_reminders() -> None:
    """Queue the e-mails that are due. Safe to run from several schedulers at once, and while people read."""
    while ids := list(Conversation.objects.with_reminder_due(timezone.now()).values_list("pk", flat=True)[:BATCH]):
        for conversation_id in ids:
            _queue_reminder(conversation_id)


@transaction.atomic
def _queue_reminder(conversation_id: int) -> None:
    due = Conversation.objects.with_reminder_due(timezone.now()).with_people()
    conversation = due.locked().filter(pk=conversation_id).first()
    if conversation is None:  # read, or written by another scheduler, while we waited for the lock
        return
    if answers := list(conversation.unread_answers().select_related("author")):
        mails.send_answers(conversation, answers)
    conversation.reminder_due_at, conversation.customer_notified_seq = None, conversation.last_seq
    conversation.save(update_fields=["reminder_due_at", "customer_notified_seq"])
