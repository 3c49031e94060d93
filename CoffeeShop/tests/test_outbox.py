from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from mailer.models import Message, MessageLog

from CoffeeShop.models import MailRetry
from CoffeeShop.outbox import defer, is_permanent, pause_after, send_queued
from rest.tests.races import in_parallel

QUEUE = "mailer.backend.DbBackend"
DOWN = "django.core.mail.backends.smtp.EmailBackend"


def queue(to: str = "anna@example.com") -> None:
    mail.send_mail("Hello", "A link that opens an account", None, [to])


@pytest.fixture
def queued(db, settings):
    settings.EMAIL_BACKEND = QUEUE
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []


def test_queued_mail_is_sent_once_and_leaves_no_copy(queued):
    queue()

    call_command("send_queued_mail")
    call_command("send_queued_mail")

    assert [email.to for email in mail.outbox] == [["anna@example.com"]]
    assert not Message.objects.exists()
    assert not MessageLog.objects.exists()


def test_queued_mail_waits_while_the_mail_server_is_down(queued, settings, unused_tcp_port):
    queue()
    settings.MAILER_EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = DOWN, "127.0.0.1", unused_tcp_port

    for _ in range(5):
        call_command("send_queued_mail")
    was_kept, is_blamed = Message.objects.count(), MailRetry.objects.exists()
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    call_command("send_queued_mail")

    assert (was_kept, is_blamed) == (1, False)
    assert len(mail.outbox) == 1


def test_queued_mail_is_not_delayed_by_refused_emails(queued):
    for _ in range(20):
        queue(to="broken\n@example.com")
    queue()

    call_command("send_queued_mail")

    assert [email.to for email in mail.outbox] == [["anna@example.com"]]
    assert Message.objects.count() == 20


def test_mail_that_cannot_be_read_is_dropped(queued):
    Message.objects.create(message_data="")

    call_command("send_queued_mail")

    assert not Message.objects.exists()


@pytest.mark.parametrize(("growth", "minutes"), [(2, [0, 1, 2, 4, 8, 16]), (4, [0, 1, 4, 16, 64, 256])])
def test_pauses_grow_up_to_six_hours(growth, minutes):
    assert [pause_after(failures, growth) for failures in range(6)] == [timedelta(minutes=each) for each in minutes]
    assert pause_after(30_000, growth) == timedelta(hours=6)


REFUSED = SMTPRecipientsRefused({"anna@example.com": (550, b"no such user")})
LATER = SMTPRecipientsRefused({"anna@example.com": (451, b"greylisted")})


@pytest.mark.parametrize(
    ("error", "is_for_good"),
    [
        (REFUSED, True),
        (LATER, False),
        (SMTPRecipientsRefused({"a@example.com": (550, b""), "b@example.com": (451, b"")}), False),
        (SMTPDataError(554, "spam"), True),
        (SMTPDataError(452, "disk full"), False),
        (SMTPSenderRefused(530, "sign in first", "shop@example.com"), False),
        (SMTPServerDisconnected(), False),
        (TimeoutError(), False),
        (ValueError("a header with a line break"), True),
    ],
)
def test_only_what_is_about_this_mail_is_for_good(error, is_for_good):
    assert is_permanent(error) is is_for_good


@pytest.mark.parametrize(
    ("error", "age", "is_kept"),
    [
        (REFUSED, timedelta(hours=23), True),
        (REFUSED, timedelta(hours=24), False),
        (LATER, timedelta(hours=71), True),
        (LATER, timedelta(hours=72), False),
    ],
)
def test_mail_is_given_up_after_one_or_three_days(queued, error, age, is_kept):
    queue()
    message = Message.objects.get()
    first_failed_at = timezone.now() - age
    MailRetry.objects.create(message=message, failures=9, first_failed_at=first_failed_at, next_at=timezone.now())

    defer(message, error)

    assert Message.objects.exists() is is_kept
    assert MailRetry.objects.exists() is is_kept


@pytest.mark.django_db(transaction=True)
def test_two_senders_send_each_mail_once(settings):
    settings.EMAIL_BACKEND = QUEUE
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    for number in range(10):
        queue(to=f"guest{number}@example.com")

    in_parallel([send_queued, send_queued, send_queued])

    assert sorted(email.to[0] for email in mail.outbox) == [f"guest{number}@example.com" for number in range(10)]
    assert not Message.objects.exists()
