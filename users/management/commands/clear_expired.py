from django.core.management import call_command
from django.core.management.base import BaseCommand

from users.services.cleanup import delete_expired


class Command(BaseCommand):
    help = "Deletes sign-ins whose refresh token is over, idempotency keys older than a day, and old admin sessions."

    def handle(self, **options):
        families, records = delete_expired()
        call_command("clearsessions")
        self.stdout.write(f"Deleted {families} expired sign-ins and {records} idempotency keys")
