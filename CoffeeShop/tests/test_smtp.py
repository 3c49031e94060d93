"""Letters as a mail server sees them."""

from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from mailer.models import Message as Queued


class Sink:
    """An SMTP server that takes everything, except from whom `refuses` names."""

    def __init__(self):
        self.letters: list[Message] = []
        self.refuses = ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append(message_from_bytes(envelope.content, policy=default))
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


def test_verification_letter_arrives_in_russian_with_text_html_and_a_working_link(sink, anonymous):
    register(anonymous, "vera", "ru")

    call_command("send_queued_mail")

    (letter,) = sink.letters
    text = letter.get_body(["plain"]).get_content()
    link = next(line for line in text.splitlines() if line.startswith("http"))
    assert letter["To"] == "vera@example.com"
    assert letter["Subject"].strip() == "Подтвердите адрес электронной почты"
    assert "Здравствуйте, vera!" in text
    assert link.partition("&")[0] in letter.get_body(["html"]).get_content()
    assert anonymous.post(link).status_code == 200


def test_letter_the_server_refuses_waits_and_does_not_hold_up_the_others(sink, anonymous):
    sink.refuses = "nobody@example.com"
    register(anonymous, "nobody")
    register(anonymous, "vera")

    call_command("send_queued_mail")
    arrived, waiting = [letter["To"] for letter in sink.letters], Queued.objects.count()
    sink.refuses = ""
    call_command("send_queued_mail")

    assert (arrived, waiting) == (["vera@example.com"], 1)
    assert [letter["To"] for letter in sink.letters] == ["vera@example.com", "nobody@example.com"]
    assert not Queued.objects.exists()
