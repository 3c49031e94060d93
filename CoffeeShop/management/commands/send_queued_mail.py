import time

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections

from CoffeeShop.backends import client_timeout
from CoffeeShop.outbox import send_queued

PAUSE = 2  # seconds between looks into the queue
RETRY_EVERY = 60  # seconds


class Command(BaseCommand):
    help = "Sends the mails that are queued in the database, and retries those that failed."

    def add_arguments(self, parser):
        parser.add_argument("--loop", action="store_true", help="go on until stopped, instead of once")

    def handle(self, *, loop: bool, **options):
        if loop:
            client_timeout.install()
            self.run_until_stopped()
        else:
            send_queued()

    def run_until_stopped(self) -> None:
        retry_at = 0.0
        while True:
            retry = time.monotonic() >= retry_at
            if retry:
                retry_at = time.monotonic() + RETRY_EVERY
            self.send(retry)
            time.sleep(PAUSE)

    def send(self, retry: bool) -> None:
        try:
            send_queued(retry=retry)
        except (OperationalError, InterfaceError) as error:  # the database restarts: the queue is in it, so wait
            self.stderr.write(f"The database is not available: {error}")
            close_old_connections()
