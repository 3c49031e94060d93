import sys
from itertools import chain

from django.core.management.base import BaseCommand
from django.db import connection

from orders import integrity as orders
from products import integrity as products
from promotions import integrity as promotions
from support import integrity as support
from users import integrity as users


class Command(BaseCommand):
    help = "Verifies the books: totals, stock, timelines, keys, numbering. Exits 1 with a list when something is off."

    def handle(self, **options):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # the whole of the books takes longer than any request may
                cursor.execute("SET statement_timeout = 0")
        is_sound = True
        for problem in chain.from_iterable(app.problems() for app in (products, promotions, orders, users, support)):
            self.stdout.write(problem)
            is_sound = False
        if not is_sound:
            sys.exit(1)
        self.stdout.write("The books balance.")
