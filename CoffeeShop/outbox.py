"""Sending what the database has queued: fresh e-mails first, then those whose next attempt is due.

An e-mail is locked while it is sent, so senders get along. A server that cannot be reached counts against no e-mail; an
e-mail that is refused waits by itself, longer each time, and holds up nobody.
"""

import logging
import re
import smtplib
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone
from mailer.engine import ensure_message_id
from mailer.models import Message

from CoffeeShop.models import MailRetry
from orders.mails import send_due_announcements, send_due_ready
from support.reminders import queue_due_reminders

# After the first failure at once, then after a minute and so many times longer each time, up to six hours.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
GROWTH, GROWTH_OF_REFUSED = 2, 4
GIVE_UP_AFTER, GIVE_UP_REFUSED_AFTER = timedelta(days=3), timedelta(days=1)
RETRIES_AT_A_TIME = 20  # before fresh ones get their turn
URL = re.compile(r"\w+://\S+")
BROKEN_IN_A_ROW = 3  # connections that break with an e-mail each: then it is the server

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """The mail server does not take connections."""


def send_queued(*, again: bool = False) -> None:
    """Send everything that is due, e-mails about unread answers too; with `again` also what is not due yet.

    An e-mail leaves the queue when the mail server took it, when it was refused for a day (5xx), or failed for three.
    No copy is kept: e-mails hold links that open accounts.
    """
    queue_due_reminders()
    send_due_ready()
    send_due_announcements()
    if again:
        MailRetry.objects.update(next_at=timezone.now())
    due = list(MailRetry.objects.due(timezone.now()).values_list("pk", flat=True))
    sender = Sender()
    try:
        sender.send(fresh())
        for start in range(0, len(due), RETRIES_AT_A_TIME):
            sender.send(due[start : start + RETRIES_AT_A_TIME])
            sender.send(fresh())
    except Unreachable as error:
        logger.warning("the mail server cannot be reached: %s", type(error.__cause__).__name__)
    finally:
        sender.close()


def fresh() -> list[int]:
    messages = Message.objects.filter(retry=None).order_by("priority", "when_added", "pk")
    return list(messages.values_list("pk", flat=True))


class Sender:
    """A connection to the mail server, made when it is needed and anew after a failure."""

    def __init__(self):
        self.connection = None
        self.broken = 0

    def send(self, ids: Iterable[int]) -> None:
        """Raises Unreachable."""
        for message_id in ids:
            self.send_one(message_id)
            if self.broken >= BROKEN_IN_A_ROW:
                raise Unreachable from ConnectionResetError()

    @transaction.atomic
    def send_one(self, message_id: int) -> None:
        message = Message.objects.select_for_update(skip_locked=True).filter(pk=message_id).first()
        if message is None:  # another sender has it
            return
        email = message.email
        error = self.try_to_send(message, email) if email is not None else None
        if error is None:
            self.broken = 0
            message.delete()
        else:
            self.close()
            self.broken += is_broken(error)
            defer(message, error)

    def try_to_send(self, message: Message, email: EmailMessage) -> Exception | None:
        """Send one e-mail and return its error, if any. The Message-ID stays the same, so that a server knows a
        repetition.
        """
        ensure_message_id(email)
        message.email = email
        email.connection = self.open()
        try:
            email.send()
        except Exception as error:  # whatever is wrong with one e-mail, the others go on
            return error
        return None

    def open(self):
        if self.connection is None:
            connection = get_connection(settings.MAILER_EMAIL_BACKEND)
            try:
                connection.open()
            except OSError as error:  # which SMTPException is, too
                raise Unreachable from error
            self.connection = connection
        return self.connection

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()


def defer(message: Message, error: Exception) -> None:
    now = timezone.now()
    new = {"first_failed_at": now, "next_at": now}
    retry, _is_new = MailRetry.objects.get_or_create(message=message, defaults=new)
    is_refused, name = is_permanent(error), type(error).__name__
    if now - retry.first_failed_at >= (GIVE_UP_REFUSED_AFTER if is_refused else GIVE_UP_AFTER):
        message.delete()
        logger.error("mail %s given up: %s", retry.pk, name)
        return
    retry.next_at = now + pause_after(retry.failures, GROWTH_OF_REFUSED if is_refused else GROWTH)
    retry.failures, retry.error = retry.failures + 1, reason_of(error)
    retry.save()
    message.defer()
    logger.warning("mail %s deferred until %s: %s", retry.pk, retry.next_at.isoformat(timespec="seconds"), name)


def pause_after(earlier_failures: int, growth: int) -> timedelta:
    if not earlier_failures:
        return timedelta(0)
    return min(FIRST_PAUSE * growth ** min(earlier_failures - 1, 10), LONGEST_PAUSE)


def reason_of(error: Exception) -> str:
    """Shorten the mail server's reply to one line, without addresses of pages: a server may quote what it refused."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
        case smtplib.SMTPResponseException():
            code, text = error.smtp_code, error.smtp_error
        case OSError() if error.strerror:
            code, text = type(error).__name__, error.strerror
        case _:
            code, text = type(error).__name__, ""
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return " ".join(URL.sub("…", f"{code} {text}").replace("\0", "").split())[:300]


def is_permanent(error: Exception) -> bool:
    """True for a failure of this e-mail that will repeat itself: 5xx for all recipients, or for the content."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return min(code for code, _text in error.recipients.values()) >= 500
        case smtplib.SMTPDataError():
            return error.smtp_code >= 500
    return not isinstance(error, OSError)


def is_broken(error: Exception) -> bool:
    is_answer = isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError) and not is_answer
