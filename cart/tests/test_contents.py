from datetime import timedelta

import pytest
from django.utils import timezone

from cart.contents import Contents, read_cart
from cart.tests.factories import CartItemFactory
from products.models import Branch, Option, OptionGroup, Product
from products.tests.factories import (
    BranchFactory,
    BranchHoursFactory,
    BranchProductFactory,
    BranchSpecialDayFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.models import CustomUser

pytestmark = pytest.mark.django_db


def contents(user: CustomUser, branch: Branch | None) -> Contents:
    return read_cart(user=user, branch=branch, now=timezone.now())


def figures(problems: list[dict]) -> list[dict]:
    """The problems without their prose."""
    return [{key: value for key, value in problem.items() if key != "detail"} for problem in problems]


def product_with_group(min_choices: int = 0, max_choices: int = 1, **values) -> tuple[Product, OptionGroup]:
    product = ProductFactory(**values)
    group = OptionGroupFactory(min_choices=min_choices, max_choices=max_choices)
    product.option_groups.add(group)
    return product, group


def options_of(group: OptionGroup, *deltas: str) -> list[int]:
    return [OptionFactory(group=group, price_delta=delta).pk for delta in deltas]


# --- What it costs --------------------------------------------------------------------------------------------------


def test_prices_are_the_branchs_with_the_options_on_top(user, branch):
    latte, syrups = product_with_group(max_choices=2, price="4.00")
    BranchProductFactory(branch=branch, product=latte, price="5.00")
    CartItemFactory(user=user, product=latte, quantity=3, options=options_of(syrups, "0.50", "0.70"))
    CartItemFactory(user=user, product__price="0.10", quantity=3)

    cart = contents(user, branch)

    assert [f"{line.unit_price} {line.subtotal}" for line in cart.lines] == ["6.20 18.60", "0.10 0.30"]
    assert (str(cart.total_price), cart.total_quantity) == ("18.90", 6)
    assert cart.is_orderable


def test_price_ends_at_zero_when_options_take_off_more(user, branch):
    latte, sizes = product_with_group(price="1.00")
    CartItemFactory(user=user, product=latte, options=options_of(sizes, "-3.00"))

    cart = contents(user, branch)

    assert (str(cart.lines[0].unit_price), str(cart.total_price)) == ("0.00", "0.00")


def test_cart_follows_the_price_until_it_is_ordered(user, branch):
    item = CartItemFactory(user=user, product__price="4.00")

    Product.objects.update(price="4.40")

    assert str(contents(user, branch).total_price) == "4.40"
    assert contents(user, branch).lines[0].item == item


def test_cart_is_not_orderable_when_empty_or_without_branch(user, branch):
    empty = contents(user, branch)
    CartItemFactory(user=user)
    nowhere = contents(user, None)

    assert (empty.is_orderable, empty.problems) == (False, [])
    assert (nowhere.is_orderable, nowhere.problems) == (False, [])


def test_cart_costs_the_same_queries_whatever_its_length(user, branch, django_assert_num_queries):
    for _ in range(5):
        latte, group = product_with_group(max_choices=2)
        CartItemFactory(user=user, product=latte, options=options_of(group, "0.10", "0.20"))

    with django_assert_num_queries(3):  # items with products and options, offers, hours
        assert contents(user, branch).is_orderable


# --- Problems -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "difference",
    [{"is_listed": False}, {"sold_out_until": timezone.now() + timedelta(hours=1)}],
)
def test_product_is_unavailable_when_its_branch_lacks_it(user, branch, difference):
    item = CartItemFactory(user=user)
    BranchProductFactory(branch=branch, product=item.product, **difference)

    here, elsewhere = contents(user, branch), contents(user, BranchFactory())

    assert figures(here.problems) == [{"code": "product_unavailable", "item": item.pk}]
    assert here.lines[0].problems == here.problems
    assert not here.is_orderable
    assert elsewhere.is_orderable


def test_product_is_unavailable_when_it_left_the_menu(user, branch):
    item = CartItemFactory(user=user)
    Product.objects.update(is_active=False)

    cart = contents(user, branch)

    assert figures(cart.problems) == [{"code": "product_unavailable", "item": item.pk}]


def test_line_goes_when_its_product_is_deleted(user, branch):
    CartItemFactory(user=user).product.delete()

    cart = contents(user, branch)

    assert (cart.lines, cart.problems) == ([], [])


@pytest.mark.parametrize(("stock", "is_enough"), [(0, False), (4, False), (5, True), (None, True)])
def test_lines_of_one_product_share_its_stock(user, branch, stock, is_enough):
    latte, group = product_with_group()
    items = [
        CartItemFactory(user=user, product=latte, quantity=2),
        CartItemFactory(user=user, product=latte, quantity=3, options=options_of(group, "0.00")),
    ]
    BranchProductFactory(branch=branch, product=latte, stock=stock)

    cart = contents(user, branch)

    short = [{"code": "insufficient_stock", "item": item.pk, "available": stock} for item in items]
    assert figures(cart.problems) == ([] if is_enough else short)


def test_stock_of_another_branch_does_not_count(user, branch):
    item = CartItemFactory(user=user, quantity=5)
    BranchProductFactory(branch=BranchFactory(), product=item.product, stock=1)

    assert contents(user, branch).is_orderable


def test_option_is_unavailable_when_it_is_switched_off(user, branch):
    latte, group = product_with_group()
    (oat,) = options_of(group, "0.70")
    item = CartItemFactory(user=user, product=latte, options=[oat])
    Option.objects.update(is_active=False)

    cart = contents(user, branch)

    assert figures(cart.problems) == [{"code": "option_unavailable", "item": item.pk, "option": oat}]


def test_deleted_option_is_unavailable_by_its_name(user, branch):
    latte, group = product_with_group(price="4.00")
    oat = OptionFactory(group=group, name="Oat", price_delta="0.70")
    item = CartItemFactory(user=user, product=latte, options=[oat.pk])
    oat.delete()

    cart = contents(user, branch)

    assert figures(cart.problems) == [{"code": "option_unavailable", "item": item.pk, "option": None}]
    assert [choice.name for choice in cart.lines[0].chosen] == ["Oat"]
    assert str(cart.total_price) == "4.00"


def test_option_is_unavailable_when_its_group_left_the_product(user, branch):
    latte, group = product_with_group()
    (oat,) = options_of(group, "0.70")
    item = CartItemFactory(user=user, product=latte, options=[oat])
    latte.option_groups.clear()

    cart = contents(user, branch)

    assert figures(cart.problems) == [{"code": "option_unavailable", "item": item.pk, "option": oat}]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, {"code": "too_few_choices", "min_choices": 1}),
        (1, None),
        (2, None),
        (3, {"code": "too_many_choices", "max_choices": 2}),
    ],
)
def test_choices_are_counted_against_each_group(user, branch, number, expected):
    latte, group = product_with_group(min_choices=1, max_choices=2)
    item = CartItemFactory(user=user, product=latte, options=options_of(group, *["0.00"] * 3)[:number])

    cart = contents(user, branch)

    assert figures(cart.problems) == ([{**expected, "item": item.pk, "option_group": group.pk}] if expected else [])


def test_cart_says_when_its_branch_opens(user, branch):
    CartItemFactory(user=user)
    today = timezone.now().date()
    BranchSpecialDayFactory(branch=branch, date=today)
    BranchSpecialDayFactory(branch=branch, date=today - timedelta(days=1))

    cart = contents(user, branch)

    (problem,) = cart.problems
    assert (problem["code"], problem["item"]) == ("branch_closed", None)
    assert problem["opens_at"].date() == today + timedelta(days=1)
    assert problem["detail"] == "CoffeeShop is closed now."
    assert (cart.lines[0].problems, cart.is_orderable) == ([], False)


def test_cart_knows_no_opening_when_none_is_in_sight(user, branch):
    CartItemFactory(user=user)
    BranchHoursFactory(branch=branch, weekday=timezone.now().weekday(), opens="00:00", closes="00:00")
    for number in range(-1, 30):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))

    (problem,) = contents(user, branch).problems

    assert (problem["code"], problem["opens_at"]) == ("branch_closed", None)


def test_every_problem_of_a_line_is_told_at_once(user, branch):
    latte, _group = product_with_group(min_choices=1)
    CartItemFactory(user=user, product=latte, quantity=2)
    BranchProductFactory(branch=branch, product=latte, stock=1, is_listed=False)

    cart = contents(user, branch)

    assert [problem["code"] for problem in cart.problems] == [
        "product_unavailable",
        "insufficient_stock",
        "too_few_choices",
    ]
