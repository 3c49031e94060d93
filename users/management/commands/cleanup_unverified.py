from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from users.services.cleanup import delete_unverified


class Command(BaseCommand):
    help = "Deletes users who never verified their address and have no orders and no messages."

    def add_arguments(self, parser):
        parser.add_argument("--days", type=int, default=2, help="how long ago they joined at least (default: 2)")
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *, days: int, dry_run: bool, **options):
        if not 0 <= days <= 36500:
            raise CommandError("--days must be between 0 and 36500.")
        number = delete_unverified(older_than=timedelta(days=days), dry_run=dry_run)
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'} {number} unverified users")
