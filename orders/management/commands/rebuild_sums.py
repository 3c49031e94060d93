from django.core.management.base import BaseCommand
from django.db import transaction

from orders.reports.booking import rebuild_sums


class Command(BaseCommand):
    help = "Makes the sums that reports are read from anew, from all completed orders. Stop the shop before."

    def handle(self, **options):
        with transaction.atomic():
            booked = rebuild_sums()
        self.stdout.write(f"Booked {booked} completed orders")
