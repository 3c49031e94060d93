from django.core.management.base import BaseCommand

from orders.reports.morning import queue_morning_mail
from orders.tending import tend_orders


class Command(BaseCommand):
    help = "Ends orders that nobody accepted or fetched, and tells managers of those that no board has shown."

    def handle(self, **options):
        ended, told = tend_orders()
        queue_morning_mail()
        self.stdout.write(f"Ended {ended} orders, told of {told} unseen ones")
