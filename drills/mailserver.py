"""A mail server that takes e-mails, or refuses them, behind a wire that may be cut or fall silent."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes

from aiosmtpd.controller import Controller

from drills import require
from drills.proxy import Wire
from postgres import free_port


class MailServer:
    def __init__(self):
        self.port, self.refuses = free_port(), False
        self.emails: Counter[tuple[str, str]] = Counter()  # by address and subject, which has the order's number

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        email = message_from_bytes(envelope.content)
        self.emails[email["To"], email["Subject"]] += 1
        return "250 OK"

    def compare(self, orders: int) -> dict:
        """An e-mail for each order, at least. Returns the figures."""
        require(len(self.emails) == orders, f"e-mails for {len(self.emails)} of {orders} orders")
        return {"e-mails": len(self.emails), "e-mails sent twice": self.emails.total() - len(self.emails)}


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, Wire]]:
    logging.getLogger("mail.log").setLevel("WARNING")  # below that it is a line for each command
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        with Wire(server.port) as wire:
            yield server, wire
    finally:
        controller.stop()


def wait_until_sent(timeout: float) -> float:
    """Until the queue is empty. Returns how many seconds it took."""
    from mailer.models import Message

    began = time.monotonic()
    while waiting := Message.objects.count():
        require(time.monotonic() < began + timeout, f"{waiting} e-mails are not sent {timeout} s later")
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)
