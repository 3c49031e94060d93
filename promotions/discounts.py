"""Discounts, split over the lines of an order to the cent. Arithmetic: nothing here asks the database."""

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

from products.models.translations import in_language

CENT = Decimal("0.01")


class Item(NamedTuple):
    """A line, as far as discounts are concerned."""

    name: str
    category_id: int
    unit_price: Decimal
    quantity: int
    names: dict[str, str] = MappingProxyType({})  # in other languages


class Discount(NamedTuple):
    kind: str
    code: str | None  # the promo code, None of a reward
    detail: str  # for people
    shares: list[Decimal]  # what each line becomes cheaper by
    free: int | None = None  # the line of which one cup is free
    details: dict[str, str] = MappingProxyType({})  # the detail in other languages

    @property
    def shown_detail(self) -> str:
        return in_language(self.details, self.detail)

    @property
    def amount(self) -> Decimal:
        return sum(self.shares, Decimal(0))

    def as_json(self) -> dict:
        """Serialize a discount as an order keeps it."""
        kept = {"kind": self.kind, "code": self.code, "detail": self.detail, "amount": f"{self.amount:.2f}"}
        return {**kept, "details": dict(self.details)} if self.details else kept


class Bill:
    """The lines and what is still to be paid of them, while one discount after the other is taken off."""

    def __init__(self, items: Sequence[Item]):
        self.items = items
        self.discounts: list[Discount] = []
        self.left = [item.unit_price * item.quantity for item in items]

    @property
    def subtotal(self) -> Decimal:
        return sum((item.unit_price * item.quantity for item in self.items), Decimal(0))

    @property
    def total(self) -> Decimal:
        return sum(self.left, Decimal(0))

    def of_line(self, place: int) -> dict:
        """Total discount of a line, and how many of its cups are free."""
        return {
            "discount": sum((discount.shares[place] for discount in self.discounts), Decimal(0)),
            "free_quantity": sum(discount.free == place for discount in self.discounts),
        }

    def free_cup(self, *, covers: Callable[[int], bool], max_price: Decimal | None, **named: str | None) -> bool:
        """Make the cheapest cup of the categories it `covers` free; says whether there was one."""
        eligible = [
            place
            for place, item in enumerate(self.items)
            if covers(item.category_id)
            and 0 < item.unit_price <= self.left[place]  # so a cup is left that is not free
            and (max_price is None or item.unit_price <= max_price)
        ]
        if not eligible:
            return False
        place = min(eligible, key=lambda place: self.items[place].unit_price)
        shares = [Decimal(0)] * len(self.items)
        shares[place] = self.items[place].unit_price
        item = self.items[place]
        self._take_off(Discount(detail=item.name, details=item.names, shares=shares, free=place, **named))
        return True

    def percent(self, value: Decimal, *, covers: Callable[[int], bool], **named: str | None) -> bool:
        return self._reduce(lambda whole: (whole * value / 100).quantize(CENT, ROUND_HALF_UP), covers, **named)

    def amount(self, value: Decimal, *, covers: Callable[[int], bool], **named: str | None) -> bool:
        return self._reduce(lambda whole: min(value, whole), covers, **named)

    def _reduce(self, of: Callable[[Decimal], Decimal], covers: Callable[[int], bool], **named: str | None) -> bool:
        parts = [
            left if covers(item.category_id) else Decimal(0) for item, left in zip(self.items, self.left, strict=True)
        ]
        whole = sum(parts, Decimal(0))
        if not whole:
            return False
        self._take_off(Discount(shares=split(of(whole), parts), **named))
        return True

    def _take_off(self, discount: Discount) -> None:
        self.discounts.append(discount)
        self.left = [left - share for left, share in zip(self.left, discount.shares, strict=True)]


def split(amount: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """An amount in proportion to the parts, to the cent, by the largest remainder; of equal ones the first comes first.

    No share is larger than its part as long as the amount is not larger than all parts.
    """
    whole = sum(parts, Decimal(0))
    exact = [amount * part / whole for part in parts]
    shares = [share.quantize(CENT, ROUND_DOWN) for share in exact]
    cents = int((amount - sum(shares)) / CENT)
    largest = sorted(range(len(parts)), key=lambda place: shares[place] - exact[place])
    for place in largest[:cents]:
        shares[place] += CENT
    return shares
