import time

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from CoffeeShop.backends import client_timeout
from CoffeeShop.outbox import send_queued

PAUSE = 2  # seconds between looks into the queue


class Command(BaseCommand):
    help = "Sends the e-mails that are queued in the database, and tries those again that failed and are due."

    def add_arguments(self, parser):
        parser.add_argument("--loop", action="store_true", help="go on until stopped, instead of once")
        parser.add_argument("--again", action="store_true", help="try everything now that failed, due or not")

    def handle(self, *, loop: bool, again: bool, **options):
        if not loop:
            send_queued(again=again)
            return
        client_timeout.install()
        while True:
            self.send()
            time.sleep(PAUSE)

    def send(self) -> None:
        try:
            send_queued()
        except (OperationalError, InterfaceError) as error:  # the database restarts: the queue is in it, so wait
            self.stderr.write(f"The database is not available: {error}")
        close_old_connections()
