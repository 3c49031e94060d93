"""New prices for many products at once, by an amount or by per cent, to the cent."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

from django.utils import timezone

from products.exceptions import CatalogueMoved
from products.models import BranchProduct, Product
from rest.transactions import retrying_atomic

CENT = Decimal("0.01")
HIGHEST = Decimal("99999999.99")


@dataclass(frozen=True)
class Rise:
    """Down, too: the value may be negative."""

    value: Decimal
    is_percent: bool
    with_branches: bool  # also where a branch has a price of its own

    def of(self, price: Decimal) -> Decimal:
        new = price * (100 + self.value) / 100 if self.is_percent else price + self.value
        return new.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class NewPrice:
    row: Product | BranchProduct
    old: Decimal
    new: Decimal

    @property
    def is_sound(self) -> bool:
        return 0 <= self.new <= HIGHEST


def new_prices(ids: Collection[int], rise: Rise, *, is_locked: bool = False) -> list[NewPrice]:
    """Compute the prices of products before and after, each followed by its prices of branches."""
    products = Product.objects.filter(pk__in=ids).order_by("pk")
    own = BranchProduct.objects.filter(product__in=ids, price__isnull=False).order_by("pk")
    if is_locked:
        products, own = (rows.select_for_update(of=("self",), no_key=True) for rows in (products, own))
    rows: list = list(products)
    if rise.with_branches:
        rows += own.select_related("product", "branch")
    rows.sort(key=lambda row: (row.product_id, row.pk) if isinstance(row, BranchProduct) else (row.pk, 0))
    return [NewPrice(row, row.price, rise.of(row.price)) for row in rows]


def digest_of(prices: list[NewPrice]) -> str:
    """The same for the same prices: what was previewed is confirmed by it."""
    rows = [[type(one.row).__name__, one.row.pk, str(one.old), str(one.new)] for one in prices]
    return sha256(json.dumps(rows).encode()).hexdigest()


@retrying_atomic
def change_prices(*, ids: Collection[int], rise: Rise, digest: str) -> list[NewPrice]:
    """Change all prices or none. Raises CatalogueMoved when they are not as previewed, or one would be no price."""
    prices = new_prices(ids, rise, is_locked=True)
    if digest_of(prices) != digest or not all(one.is_sound for one in prices):
        raise CatalogueMoved
    for one in prices:
        one.row.price = one.new
    for model, fields in ((Product, ["price", "updated_at"]), (BranchProduct, ["price"])):
        rows = [one.row for one in prices if isinstance(one.row, model) and one.old != one.new]
        model.objects.update_together((_touched(row), fields) for row in rows)
    return prices


def _touched(row: Product | BranchProduct) -> Product | BranchProduct:
    if isinstance(row, Product):
        row.updated_at = timezone.now()
    return row
