"""Integrity checks of stock. Each rule is one statement, so it sees one moment of a shop that sells."""

from collections.abc import Iterator

from django.db.models import Sum
from django.db.models.functions import Coalesce

from products.models import BranchProduct, StockMovement


def problems() -> Iterator[str]:
    for row in BranchProduct.objects.filter(stock__lt=0).select_related("branch", "product").iterator():
        yield f"stock of {row} (row {row.pk}) is {row.stock}, below zero"
    for row in _unexplained():
        yield f"stock of {row} (row {row.pk}) is {row.stock}, its movements say {row.booked}"
    for movement in _returned_otherwise_than_sold():
        order, row, total = movement["order_id"], movement["branch_product"], movement["total"]
        yield f"order {order} gave back {total} more to stock row {row} than it took"


def _unexplained():
    rows = BranchProduct.objects.annotate(booked=Coalesce(Sum("movements__change"), 0))
    return rows.exclude(booked=Coalesce("stock", 0)).select_related("branch", "product").iterator()


def _returned_otherwise_than_sold():
    """Movements of an order that give back more than it took."""
    moved = StockMovement.objects.filter(order_id__isnull=False).order_by()
    return moved.values("order_id", "branch_product").annotate(total=Sum("change")).filter(total__gt=0).iterator()
