"""Every change of a cart happens under its owner's lock, so limits hold and parallel adds merge."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from cart.contents import Contents, offers_of
from cart.exceptions import CartFull
from cart.lines import Line, lines_of_items
from cart.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem, CartItemQuerySet, configuration_key
from cart.problems import check_lines
from products.models import Branch, Option
from rest.fields import NOT_THERE
from rest.transactions import retrying_atomic
from users.models import CustomUser
from users.tokens import lock_user


class Wanted(NamedTuple):
    """A line as a client asks for it: ids as they came."""

    product_id: int
    quantity: int = 1
    options: Sequence[int] = ()


def lock_cart(user: CustomUser) -> None:
    """Lock the user's cart until the transaction ends: nobody else changes or orders it. Raises SessionOver as
    `lock_user`.
    """
    lock_user(user)


def read_wanted(wanted: Sequence[Wanted], *, branch: Branch | None, now: datetime) -> list[Line]:
    """The lines that somebody asks for, with their problems, in one query.

    Raises ValidationError, what is wrong with each by its place, for a product that is not on the menu and for options
    that are not the product's own, each once. How many options may be chosen is a problem that is told, no error.
    """
    items = [
        CartItem(
            pk=place, product_id=line.product_id, quantity=line.quantity, options=[{"id": pk} for pk in line.options]
        )
        for place, line in enumerate(wanted)
    ]
    lines = {line.item.pk: line for line in lines_of_items(items, branch=branch, now=now)}
    errors = {place: wrong for place, one in enumerate(wanted) if (wrong := _errors(one, lines.get(place)))}
    if errors:
        raise ValidationError(errors)
    found = list(lines.values())
    check_lines(found, branch=branch, now=now)
    return found


@retrying_atomic
def add_to_cart(
    *, user: CustomUser, product_id: int, quantity: int = 1, options: Sequence[int] = (), branch: Branch | None = None
) -> tuple[Line, bool]:
    """Add a product, to the line of the same configuration if there is one; says whether the line is new.

    Raises ValidationError for what `read_wanted` refuses and for more than 99, CartFull for a 51st line.
    """
    line = _read_one(Wanted(product_id, quantity, options), branch)
    lock_cart(user)
    item = as_item(line, user)
    others = CartItem.objects.add(item)
    if others is None:
        raise _too_many(item)
    line.item, line.problems = item, []
    check_lines([line], branch=branch, now=timezone.now(), others=Counter({product_id: others}))
    return line, item.quantity == quantity


@retrying_atomic
def replace_cart(*, user: CustomUser, items: Sequence[Wanted], branch: Branch | None) -> Contents:
    """Make the cart exactly this, and read it at the branch. Lines of a configuration that was there keep their ids.

    Raises ValidationError, `{"items": {place: …}}`, as `add_to_cart` does, and CartFull for more than 50 lines.
    """
    now = timezone.now()
    try:
        lines = read_wanted(items, branch=branch, now=now)
        merged = _merged(lines, user)
    except ValidationError as error:
        raise ValidationError({"items": error.detail}) from error
    if len(merged) > MAX_ITEMS:
        raise CartFull
    lock_cart(user)
    if merged:
        CartItem.objects.replace(user.pk, [line.item for line in merged])
    else:
        _delete(CartItem.objects.of(user))
    check_lines(merged, branch=branch, now=now)
    return Contents(branch, merged, now, offers_of(user, branch))


@retrying_atomic
def change_item(
    *, user: CustomUser, item_id: int, quantity: int | None = None, options: Sequence[int] | None = None
) -> CartItem:
    """Change a line. If that makes it equal to another line, the two become one, under this line's id.

    Raises CartItem.DoesNotExist for a line that is not in this cart, ValidationError as `add_to_cart` does.
    """
    lock_cart(user)
    item = CartItem.objects.of(user).get(pk=item_id)
    item.quantity = item.quantity if quantity is None else quantity
    if options is not None:
        _choose(item, options)
        item.quantity += _absorb_twin(item)
    if item.quantity > MAX_QUANTITY:
        raise ValidationError(_too_many_of_one())
    item.save(update_fields=["quantity", "options", "configuration", "updated_at"])
    return item


@retrying_atomic
def remove_item(*, user: CustomUser, item_id: int) -> None:
    """Raises CartItem.DoesNotExist for a line that is not in this cart."""
    lock_cart(user)
    CartItem.objects.of(user).get(pk=item_id).delete()


@retrying_atomic
def clear_cart(*, user: CustomUser) -> None:
    lock_cart(user)
    CartItem.objects.of(user).delete()


@retrying_atomic
def set_offers(*, user: CustomUser, **values: str | bool) -> None:
    """Say what is to be used with the cart: `promo_code`, as it was typed, or `use_reward`."""
    lock_cart(user)
    Cart.objects.update_or_create(user=user, defaults=values)


def take_out(contents: Contents, user: CustomUser) -> None:
    """Remove what was read of a locked cart, and nothing that is not in hand."""
    _delete(CartItem.objects.filter(pk__in=[line.item.pk for line in contents.lines]))
    if not contents.offers.is_empty:
        Cart.objects.filter(user=user).update(promo_code="", use_reward=False)


def _delete(items: CartItemQuerySet) -> None:
    items._raw_delete(items.db)  # nothing else refers to them, so nothing has to be looked for first


def _read_one(wanted: Wanted, branch: Branch | None) -> Line:
    try:
        (line,) = read_wanted([wanted], branch=branch, now=timezone.now())
    except ValidationError as error:
        raise ValidationError(error.detail[0]) from error
    return line


def _errors(wanted: Wanted, line: Line | None) -> dict[str, list[str]]:
    if line is None or not line.product.is_active:
        return {"product": [NOT_THERE]}
    if len(set(wanted.options)) < len(wanted.options):
        return {"options": [_("An option is given twice.")]}
    group_ids = {group.pk for group in line.groups}
    if any(choice.option is None or choice.option.group_id not in group_ids for choice in line.chosen):
        return {"options": [_("This is no option of the product.")]}
    return {}


def kept_option(option: Option) -> dict:
    """Snapshot of an option for carts that hold it when it is deleted from the catalogue."""
    return {"id": option.pk, "name": option.name, "names": option.names}


def as_item(line: Line, user: CustomUser, position: int = 0) -> CartItem:
    """The item that a line which was read becomes in the user's cart."""
    return CartItem(
        user=user,
        product=line.product,
        configuration=configuration_key(choice.id for choice in line.chosen),
        options=[kept_option(option) for option in line.options],
        quantity=line.item.quantity,
        position=position,
    )


def _merged(lines: list[Line], user: CustomUser) -> list[Line]:
    """Equal configurations become one line. Raises ValidationError, by place, where that makes more than 99."""
    merged: dict[tuple[int, str], Line] = {}
    errors = {}
    for place, line in enumerate(lines):
        item = as_item(line, user, len(merged))
        first = merged.setdefault((line.product.pk, item.configuration), line)
        if first is line:
            line.item, line.problems = item, []
        else:
            first.item.quantity += item.quantity
        if first.item.quantity > MAX_QUANTITY:
            errors[place] = _too_many_of_one()
    if errors:
        raise ValidationError(errors)
    return list(merged.values())


def _too_many(item: CartItem) -> Exception:
    """Choose the error for an item over a limit."""
    twins = CartItem.objects.of(item.user).filter(product=item.product, configuration=item.configuration)
    return ValidationError(_too_many_of_one()) if twins.exists() else CartFull()


def _too_many_of_one() -> dict[str, list[str]]:
    return {"quantity": [_("At most %d of one item.") % MAX_QUANTITY]}


def _choose(item: CartItem, ids: Sequence[int]) -> None:
    """Raises ValidationError unless all are the product's own, each once."""
    if len(set(ids)) < len(ids):
        raise ValidationError({"options": [_("An option is given twice.")]})
    options = Option.objects.filter(pk__in=ids, group__products=item.product_id).order_by("group", "position", "pk")
    item.options = [kept_option(option) for option in options]
    item.configuration = configuration_key(ids)
    if len(item.options) < len(ids):
        raise ValidationError({"options": [_("This is no option of the product.")]})


def _absorb_twin(item: CartItem) -> int:
    """Remove the line that already has the item's new configuration, and say how many it held."""
    twins = CartItem.objects.of(item.user).filter(product=item.product_id, configuration=item.configuration)
    twin = twins.exclude(pk=item.pk).first()
    if twin is None:
        return 0
    twin.delete()
    return twin.quantity
