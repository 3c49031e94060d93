"""The shop with one of its locks off, as `UNLOCKED` names it: a drill that finds nothing wrong with it proves nothing.

Served instead of `CoffeeShop.wsgi` for the negative control of each drill about orders. Nothing else imports it.
"""

import os
from unittest.mock import patch

from django.db import connection  # isort: split

from CoffeeShop.wsgi import application  # noqa: F401 - sets up Django, which the imports below need
from orders.models import OrderQuerySet
from orders.models.numbers import PickupCounterManager
from products.models.stock import BranchProductQuerySet
from rest import transactions
from users.models import IdempotencyRecordManager


def take_off_stock() -> None:
    """Nobody waits for the stock that somebody else is taking from."""
    patch.object(BranchProductQuerySet, "locked", lambda rows: rows.order_by("pk")).start()


def take_off_baskets() -> None:
    """Stock is locked in any order, and who loses a deadlock is told so."""
    patch.object(
        BranchProductQuerySet, "locked", lambda rows: rows.order_by("?").select_for_update(of=("self",))
    ).start()
    patch.object(transactions, "ATTEMPTS", 1).start()


def take_off_key() -> None:
    """Everybody believes to be the first to use a key."""
    patch.object(IdempotencyRecordManager, "insert_unless_held", lambda manager, record: True).start()


def take_off_commit() -> None:
    """Patch in a commit before the number is given out, so that the rest is committed apart."""
    next_number = PickupCounterManager.next_number

    def committing(manager, branch, business_day):
        connection.connection.commit()  # behind Django's back
        return next_number(manager, branch, business_day)

    patch.object(PickupCounterManager, "next_number", committing).start()


def take_off_order() -> None:
    """Everybody moves the order as it was when they looked, and believes to have moved it."""
    update = OrderQuerySet.update
    patch.object(OrderQuerySet, "locked", lambda orders: orders).start()
    patch.object(OrderQuerySet, "update", lambda orders, **values: update(orders, **values) or 1).start()


globals()[f"take_off_{os.environ['UNLOCKED']}"]()
