from django.core.management.base import BaseCommand

from users.services.cleanup import delete_expired


class Command(BaseCommand):
    help = "Deletes sign-ins whose refresh token is over, and idempotency keys older than a day."

    def handle(self, **options):
        families, records = delete_expired()
        self.stdout.write(f"Deleted {families} expired sign-ins and {records} idempotency keys")
