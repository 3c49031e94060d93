"""Final state of the shop: read from the database, and over HTTP as its owner would ask."""

import asyncio
from collections import Counter

from drills.day.client import Client
from drills.day.ledger import Books
from drills.day.plan import Plan


async def read_books(admin: Client, plan: Plan) -> Books:
    books = await asyncio.to_thread(_stored)
    books.sales = await admin.look(f"reports/sales/?from={plan.day}&to={plan.day}&by=day")
    books.service = await admin.look(f"reports/service/?from={plan.day}&to={plan.day}")
    return books


def _stored() -> Books:
    from django.db import connection
    from django.db.models import Sum

    from orders.models import Order
    from promotions.models import StampEntry
    from support.models import Message

    connection.close()  # it may be to a server that was broken meanwhile
    messages = Counter(str(pk) for pk in Message.objects.values_list("client_id", flat=True))
    earned = StampEntry.objects.filter(kind=StampEntry.Kind.EARNED).order_by().values_list("user")
    books = Books(
        orders=dict(Order.objects.values_list("pk", "status")),
        messages=set(messages),
        doubled_messages=messages.total() - len(messages),
        stamps=dict(earned.annotate(Sum("stamps"))),
    )
    connection.close()
    return books


def drop_an_order() -> int:
    """Behind the shop's back, as no service would. Returns which one."""
    from orders.models import Order

    order = Order.objects.order_by("?").first()
    pk = order.pk
    order.delete()
    return pk
