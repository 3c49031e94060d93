"""Refill a cart from favourites and from the lines of an order."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone
from rest_framework.exceptions import ValidationError

from cart.exceptions import FavouritesFull, OptionUnavailable, ProductUnavailable
from cart.lines import Line, lines_of_items
from cart.models import MAX_FAVOURITES, MAX_ITEMS, MAX_QUANTITY, CartItem, Favourite
from cart.services import Wanted, add_to_cart, as_item, kept_option, lock_cart, read_wanted
from products.models import Branch
from rest.transactions import retrying_atomic
from users.models import CustomUser


class Bought(NamedTuple):
    """A line of an order, as it was copied then. An id is None of what is deleted, or was not kept."""

    name: str
    product_id: int | None
    quantity: int
    options: Sequence[int | None]


@retrying_atomic
def save_favourite(
    *, user: CustomUser, favourite: Favourite | None = None, name: str | None = None, **wanted
) -> Favourite:
    """Keep a configuration, or change a kept one: `product_id`, `options`; without a name it shows the product's.

    Raises ValidationError as `add_to_cart` does, FavouritesFull for a 51st.
    """
    lock_cart(user)
    favourite = favourite or Favourite(user=user)
    if favourite.pk is None and Favourite.objects.filter(user=user).count() >= MAX_FAVOURITES:
        raise FavouritesFull
    if wanted:
        whole = {"product_id": favourite.product_id, "options": [choice["id"] for choice in favourite.options]} | wanted
        _configure(favourite, Wanted(**whole))
    favourite.name = name or favourite.name
    favourite.save()
    return favourite


@retrying_atomic
def order_favourite(*, user: CustomUser, favourite: Favourite, branch: Branch | None) -> tuple[Line, bool]:
    """Put one into the cart, as `add_to_cart`.

    Raises ProductUnavailable and OptionUnavailable for what the menu does not have any more.
    """
    options = [choice["id"] for choice in favourite.options]
    try:
        return add_to_cart(user=user, product_id=favourite.product_id, options=options, branch=branch)
    except ValidationError as error:
        if "product" in error.detail:
            raise ProductUnavailable from error
        if "options" in error.detail:
            raise OptionUnavailable from error
        raise


@retrying_atomic
def add_again(*, user: CustomUser, bought: Sequence[Bought], branch: Branch | None) -> list[dict]:
    """Add the lines of an order to the cart, each as it was or not at all; says which were skipped and why.

    The codes are `product_unavailable`, `option_unavailable`, `too_many` for more than 99, and `cart_full`.
    """
    lock_cart(user)
    found, skipped = _found(bought, branch), []
    items = {(item.product_id, item.configuration): item for item in CartItem.objects.of(user)}
    position = max((item.position for item in items.values()), default=-1)
    changed = {}
    for number, (one, line) in enumerate(zip(bought, found, strict=True), start=1):
        code = _obstacle(one, line)
        if code is None:
            item = as_item(line, user, position + number)
            code = _add(items, item, changed)
        if code is not None:
            skipped.append({"product_name": one.name, "code": code})
    CartItem.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["user", "product", "configuration"],
        update_fields=["quantity", "updated_at"],
    )
    return skipped


def _configure(favourite: Favourite, wanted: Wanted) -> None:
    try:
        (line,) = read_wanted([wanted], branch=None, now=timezone.now())
    except ValidationError as error:
        raise ValidationError(error.detail[0]) from error
    favourite.product = line.product
    favourite.options = [kept_option(option) for option in line.options]


def _found(bought: Sequence[Bought], branch: Branch | None) -> list[Line | None]:
    """The lines as the menu has them now, in one query; None where it does not have the product."""
    wanted = [
        CartItem(pk=place, product_id=one.product_id, quantity=one.quantity, options=[{"id": pk} for pk in one.options])
        for place, one in enumerate(bought)
        if one.product_id is not None
    ]
    by_place = {line.item.pk: line for line in lines_of_items(wanted, branch=branch, now=timezone.now())}
    return [by_place.get(place) for place in range(len(bought))]


def _obstacle(one: Bought, line: Line | None) -> str | None:
    if line is None or not line.product.is_active:
        return ProductUnavailable.default_code
    group_ids = {group.pk for group in line.groups}
    own = [option for option in line.options if option.group_id in group_ids]
    return None if len(own) == len(one.options) else OptionUnavailable.default_code


def _add(items: dict, item: CartItem, changed: dict) -> str | None:
    """Into the cart in hand; says what forbids it."""
    key = (item.product_id, item.configuration)
    held = items.get(key)
    if held is None and len(items) >= MAX_ITEMS:
        return "cart_full"
    if held is not None and held.quantity + item.quantity > MAX_QUANTITY:
        return "too_many"
    if held is not None:
        held.quantity += item.quantity
    items[key] = changed[key] = held or item
    return None
