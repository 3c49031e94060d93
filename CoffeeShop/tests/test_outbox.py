import pytest
from django.core import mail
from django.core.management import call_command
from mailer.models import Message, MessageLog

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

    assert [letter.to for letter in mail.outbox] == [["anna@example.com"]]
    assert not Message.objects.exists()
    assert not MessageLog.objects.exists()


def test_queued_mail_waits_while_the_mail_server_is_down_and_goes_out_after(queued, settings, unused_tcp_port):
    queue()
    settings.MAILER_EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = DOWN, "127.0.0.1", unused_tcp_port

    call_command("send_queued_mail")
    was_kept = Message.objects.deferred().count()
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    call_command("send_queued_mail")

    assert was_kept == 1
    assert len(mail.outbox) == 1


def test_queued_mail_is_not_held_up_by_letters_nobody_accepts(queued, settings):
    settings.MAILER_EMAIL_MAX_DEFERRED = 2
    for _ in range(3):
        queue(to="broken\n@example.com")
    queue()

    for _ in range(3):
        call_command("send_queued_mail")

    assert [letter.to for letter in mail.outbox] == [["anna@example.com"]]
    assert Message.objects.count() == 3
