"""Sending what the database has queued, and queueing what has become due.

django-mailer locks each row while it sends it, so senders get along.
"""

import logging
from datetime import timedelta

from django.utils import timezone
from mailer.engine import send_all
from mailer.models import Message, MessageLog

from support.letters import write_due_letters

GIVE_UP_AFTER = timedelta(days=3)

logger = logging.getLogger(__name__)


def send_queued(*, retry: bool = True) -> None:
    """Send everything that is due, letters about unread answers too; with `retry` also what could not be sent before.

    A letter leaves the queue when the mail server took it, or after three days of trying. Copies of sent letters are
    not kept: they hold links that open accounts.
    """
    write_due_letters()
    send_all()
    if retry:  # after the fresh ones, which must not wait behind letters nobody accepts
        _give_up_on_old()
        Message.objects.retry_deferred()
        send_all()
    MessageLog.objects.all().delete()


def defer(connection, message: Message, error: Exception) -> tuple[None, str]:
    """django-mailer's error handler: whatever went wrong with one letter, the others go on, over a new connection."""
    logger.warning("mail %s deferred: %s", message.pk, type(error).__name__)
    message.defer()
    return None, "deferred"


def _give_up_on_old() -> None:
    number, _rows = Message.objects.deferred().filter(when_added__lt=timezone.now() - GIVE_UP_AFTER).delete()
    if number:
        logger.error("%d mails could not be sent for days and were given up", number)
