"""Every example of a problem in the Swagger document is what a cart really says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from cart.models import CartItem
from cart.serializers import PROBLEMS
from cart.tests.factories import CartItemFactory
from products.models import Branch, Product
from products.stoplist import put_on_stop_list
from products.tests.factories import (
    BranchProductFactory,
    BranchSpecialDayFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from promotions.tests.factories import PromoCodeFactory
from users.models import CustomUser

pytestmark = pytest.mark.django_db


def item_of(**values) -> None:
    """Number 7 in the examples."""
    CartItem.objects.filter(pk=CartItemFactory(**values).pk).update(id=7)


def cocoa_without_milk(user: CustomUser, branch: Branch) -> None:
    cocoa, milk = ProductFactory(name="Cocoa"), IngredientFactory(pk=3, name="Milk")
    cocoa.ingredients.add(milk)
    item_of(user=user, product=cocoa)
    put_on_stop_list(branch=branch, ingredient=milk, until=None, by=None)


def two_of_the_last_croissant(user: CustomUser, branch: Branch) -> None:
    croissant = ProductFactory(name="Croissant")
    BranchProductFactory(branch=branch, product=croissant, stock=1)
    item_of(user=user, product=croissant, quantity=2)


def latte_with_a_milk_that_is_out(user: CustomUser, branch: Branch) -> None:
    oat, drink = OptionFactory(pk=5, name="Oat milk"), IngredientFactory(pk=3, name="Oat drink")
    oat.ingredients.add(drink)
    item_of(user=user, product=latte_with(oat.group), options=[oat.pk])
    put_on_stop_list(branch=branch, ingredient=drink, until=None, by=None)


def latte_without_a_size(user: CustomUser, branch: Branch) -> None:
    size = OptionFactory(group=OptionGroupFactory(pk=2, name="Size", min_choices=1)).group
    item_of(user=user, product=latte_with(size))


def latte_of_two_sizes(user: CustomUser, branch: Branch) -> None:
    size = OptionGroupFactory(pk=2, name="Size", max_choices=1)
    options = [OptionFactory(group=size).pk for _ in range(2)]
    item_of(user=user, product=latte_with(size), options=options)


def latte_with(group) -> Product:
    latte = ProductFactory(name="Latte")
    latte.option_groups.add(group)
    return latte


def coffee_at_night(user: CustomUser, branch: Branch) -> None:
    CartItemFactory(user=user)
    for number in (-1, 0):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))


def code_for_a_little(user: CustomUser, branch: Branch) -> None:
    PromoCodeFactory(code="SUMMER", min_total="5.00")
    CartItemFactory(user=user, product__price="4.50")


def reward_that_is_none(user: CustomUser, branch: Branch) -> None:
    CartItemFactory(user=user)


SCENES: dict[str, Callable[[CustomUser, Branch], None]] = {
    "product_unavailable": cocoa_without_milk,
    "insufficient_stock": two_of_the_last_croissant,
    "option_unavailable": latte_with_a_milk_that_is_out,
    "too_few_choices": latte_without_a_size,
    "too_many_choices": latte_of_two_sizes,
    "branch_closed": coffee_at_night,
    "promo_not_applicable": code_for_a_little,
    "reward_not_applicable": reward_that_is_none,
}


@pytest.mark.parametrize("example", PROBLEMS, ids=lambda example: example["code"])
def test_cart_says_what_the_document_says(client, user, branch, example):
    SCENES[example["code"]](user, branch)
    if example["code"] == "promo_not_applicable":
        client.put("/api/cart/promo/", {"code": "SUMMER"})
    client.patch("/api/cart/", {"use_reward": example["code"] == "reward_not_applicable"})

    (problem,) = client.get("/api/cart/").json()["problems"]

    if "opens_at" in problem:  # tomorrow, whenever that is
        assert parse_datetime(problem["opens_at"]) > timezone.now()
        problem["opens_at"] = example["opens_at"]
    assert problem == example
