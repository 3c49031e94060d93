from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promotions.discounts import Bill, Item, split

CENTS = st.integers(0, 100_000).map(lambda number: Decimal(number) / 100)


def bill(*lines: tuple[str, int]) -> Bill:
    return Bill([Item(f"Cup {place}", place, Decimal(price), number) for place, (price, number) in enumerate(lines)])


def everything(category_id: int) -> bool:
    return True


@given(parts=st.lists(CENTS, min_size=1, max_size=50).filter(any), share=st.integers(0, 10_000))
def test_split_loses_no_cent_and_overfills_no_share(parts, share):
    amount = (sum(parts) * share / 10_000).quantize(Decimal("0.01"))

    shares = split(amount, parts)

    assert sum(shares) == amount
    assert all(
        0 <= one <= part and one == one.quantize(Decimal("0.01")) for one, part in zip(shares, parts, strict=True)
    )


def test_split_gives_odd_cents_to_the_largest_remainders_first():
    assert split(Decimal("1.00"), [Decimal(1)] * 3) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert split(Decimal("0.10"), [Decimal("0.11"), Decimal("0.89")]) == [Decimal("0.01"), Decimal("0.09")]


@pytest.mark.parametrize(("value", "amount"), [("10", "0.95"), ("33.33", "3.17"), ("0.01", "0.00"), ("100", "9.50")])
def test_percentage_is_of_the_remainder_rounded_to_cents(value, amount):
    checked = bill(("4.50", 1), ("2.50", 2))

    checked.percent(Decimal(value), covers=everything, kind="percent", code="C", detail="")

    assert f"{checked.discounts[0].amount:.2f}" == amount
    assert checked.total == checked.subtotal - Decimal(amount)


def test_amount_never_makes_a_bill_negative():
    checked = bill(("4.50", 1))

    checked.amount(Decimal("100.00"), covers=everything, kind="amount", code="C", detail="")

    assert (checked.total, checked.discounts[0].amount) == (0, Decimal("4.50"))


def test_free_cup_is_the_cheapest_that_costs_something():
    checked = bill(("0.00", 1), ("5.00", 1), ("3.00", 2), ("2.00", 1))

    found = checked.free_cup(
        covers=lambda category_id: category_id != 3, max_price=Decimal("4.00"), kind="reward", code=None
    )

    assert found
    assert (checked.discounts[0].free, checked.discounts[0].amount) == (2, Decimal("3.00"))
    assert checked.total == Decimal("10.00")


def test_two_free_cups_are_two_cups():
    checked = bill(("3.00", 1), ("4.00", 1))
    named = {"covers": everything, "max_price": None}

    found = [checked.free_cup(**named, kind="reward", code=None) for _ in range(3)]

    assert found == [True, True, False]
    assert checked.total == 0


def test_percentage_is_of_the_covered_lines_alone():
    checked = bill(("3.00", 1), ("4.00", 1))

    checked.percent(Decimal(50), covers=lambda category_id: category_id == 1, kind="percent", code="C", detail="")

    assert checked.discounts[0].shares == [Decimal(0), Decimal("2.00")]


def test_nothing_is_cheaper_when_no_line_is_covered():
    checked = bill(("3.00", 1))

    assert not checked.percent(Decimal(50), covers=lambda _category_id: False, kind="percent", code="C", detail="")
    assert (checked.discounts, checked.total) == ([], Decimal("3.00"))


def test_percentage_comes_off_what_a_free_cup_left():
    checked = bill(("3.00", 1), ("4.00", 1))
    checked.free_cup(covers=everything, max_price=None, kind="reward", code=None)

    checked.percent(Decimal(50), covers=everything, kind="percent", code="C", detail="")

    assert checked.total == Decimal("2.00")
