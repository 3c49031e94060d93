"""The mail queue in the back office: what failed, why, and again; never its text."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from mailer.models import Message

from CoffeeShop.models import MailRetry
from CoffeeShop.outbox import defer, reason_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/CoffeeShop/queuedmail/"
REFUSED = SMTPRecipientsRefused({"anna@example.com": (550, b"no such user")})


@pytest.fixture
def office(admin_user) -> Client:
    browser = Client()
    browser.force_login(admin_user)
    return browser


@pytest.fixture
def failed(settings) -> Message:
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.send_mail("Choose a new password", "https://shop/reset/SECRET", None, ["anna@example.com"])
    message = Message.objects.get()
    for _ in range(2):
        defer(message, REFUSED)
    return message


def test_page_says_who_did_not_get_what_and_why(office, failed):
    page = office.get(PAGE).content.decode()

    shown = ("anna@example.com", "Choose a new password", "550 no such user")
    assert [text for text in shown if text not in page] == []


def test_no_page_shows_what_is_written(office, failed):
    pages = [office.get(url).content.decode() for url in (PAGE, f"{PAGE}{failed.pk}/change/", f"{PAGE}?q=reset")]

    assert [page for page in pages if "SECRET" in page or failed.message_data[:40] in page] == []


def test_failed_mail_is_sent_again_with_the_next_run(office, failed):
    call_command("send_queued_mail")
    waiting = len(mail.outbox)

    page = office.post(PAGE, {"action": "send_again", "_selected_action": [failed.pk]}, follow=True)
    call_command("send_queued_mail")

    assert "1 e-mail is tried again now." in page.content.decode()
    assert (waiting, len(mail.outbox), MailRetry.objects.count()) == (0, 1, 0)


def test_first_page_counts_what_failed_or_was_never_tried(office, failed):
    mail.send_mail("Fresh", "", None, ["anna@example.com"])
    mail.send_mail("Old", "", None, ["anna@example.com"])
    Message.objects.filter(pk=Message.objects.latest("pk").pk).update(when_added=timezone.now() - timedelta(hours=1))

    (row,) = (one for one in office.get("/admin/").context["waiting"] if "queuedmail" in one["address"])

    assert row["number"] == 2
    assert len(office.get(row["address"]).context["cl"].result_list) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (REFUSED, "550 no such user"),
        (SMTPDataError(554, b"spam\r\n: https://shop/reset/SECRET\0"), "554 spam : …"),
        (SMTPServerDisconnected("Connection unexpectedly closed"), "SMTPServerDisconnected"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError Connection refused"),
        (ValueError("https://shop/reset/SECRET"), "ValueError"),
        (SMTPDataError(554, b"x" * 1000), f"554 {'x' * 296}"),
    ],
)
def test_reason_is_one_line_without_links(error, words):
    assert reason_of(error) == words
