"""E-mails as a mail server sees them."""

from collections import Counter
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.management import call_command
from mailer.models import Message as Queued


class Sink:
    """An SMTP server that takes everything, except for whom `refuses` is in, or what `hangs_up` is in."""

    def __init__(self):
        self.emails: list[Message] = []
        self.refuses = self.hangs_up = "nothing"
        self.asked = Counter()

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.asked[address] += 1
        if self.hangs_up in address:
            server.transport.close()
        if self.refuses in address:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.emails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def sink(db, settings, unused_tcp_port):
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    settings.MAILER_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", unused_tcp_port, False
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=unused_tcp_port)
    controller.start()
    yield handler
    controller.stop()


def register(client, username: str, language: str = "en"):
    body = {"username": username, "email": f"{username}@example.com", "password": "correct horse battery"}
    return client.post("/api/users/", body, HTTP_ACCEPT_LANGUAGE=language)


def test_russian_verification_email_has_text_html_and_working_link(sink, anonymous):
    register(anonymous, "vera", "ru")

    call_command("send_queued_mail")

    (email,) = sink.emails
    text = email.get_body(["plain"]).get_content()
    link = next(line for line in text.splitlines() if line.startswith("http"))
    assert email["To"] == "vera@example.com"
    assert email["Subject"].strip() == "Подтвердите адрес электронной почты"
    assert "Здравствуйте, vera!" in text
    assert link.partition("&")[0] in email.get_body(["html"]).get_content()
    assert anonymous.post(link).status_code == 200


def test_refused_email_waits_without_delaying_the_others(sink, anonymous):
    sink.refuses = "nobody@example.com"
    register(anonymous, "nobody")
    register(anonymous, "vera")

    call_command("send_queued_mail")
    arrived, waiting = [email["To"] for email in sink.emails], Queued.objects.count()
    sink.refuses = "nothing"
    call_command("send_queued_mail")

    assert (arrived, waiting) == (["vera@example.com"], 1)
    assert [email["To"] for email in sink.emails] == ["vera@example.com", "nobody@example.com"]
    assert not Queued.objects.exists()


def queue(*addresses: str) -> None:
    for address in addresses:
        mail.send_mail("Hello", "You", None, [address])


@pytest.mark.parametrize("fault", ["refuses", "hangs_up"])
def test_twenty_dead_addresses_stop_nobody(sink, fault):
    setattr(sink, fault, "dead")
    queue(*(f"dead{number}@example.com" for number in range(20)), "good@example.com")

    runs = 0
    while not sink.emails and runs < 10:
        call_command("send_queued_mail")
        runs += 1

    assert [email["To"] for email in sink.emails] == ["good@example.com"]
    assert runs == (1 if fault == "refuses" else 7)  # three that hang up in a row are taken for a server in trouble
    assert Queued.objects.count() == 20


def test_dead_addresses_are_asked_for_less_and_less(sink):
    sink.refuses = "dead"
    queue("dead@example.com")

    for _ in range(10):
        call_command("send_queued_mail")

    assert sink.asked["dead@example.com"] == 2  # at once, and once more; then it has to wait
    call_command("send_queued_mail", again=True)
    assert sink.asked["dead@example.com"] == 3


def test_failing_mail_keeps_its_message_id(sink):
    sink.refuses = "late"
    queue("late@example.com")
    call_command("send_queued_mail")
    given = Queued.objects.get().email.extra_headers["Message-ID"]
    sink.refuses = "nothing"

    call_command("send_queued_mail")

    assert [email["Message-ID"] for email in sink.emails] == [given]
