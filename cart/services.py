"""Every change of a cart happens under its owner's lock, so limits hold and parallel adds merge."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from cart.contents import Line
from cart.exceptions import CartFull
from cart.models import MAX_ITEMS, MAX_QUANTITY, CartItem, CartItemOption, configuration_key
from products.models import Option, Product
from rest.transactions import atomic
from users.models import CustomUser
from users.tokens import lock_user


def lock_cart(user: CustomUser) -> None:
    """Until the transaction ends nobody else changes or orders this user's cart. Raises SessionOver as `lock_user`."""
    lock_user(user)


@atomic
def add_to_cart(
    *, user: CustomUser, product: Product, quantity: int = 1, options: Sequence[int] = ()
) -> tuple[CartItem, bool]:
    """Add a product, to the line of the same configuration if there is one; says whether the line is new.

    Raises ValidationError for options that are not the product's and for more than 99, CartFull for a 51st line.
    """
    lock_cart(user)
    chosen = _own_options(product, options)
    configuration = configuration_key(options)
    item = CartItem.objects.of(user).filter(product=product, configuration=configuration).first()
    if item is not None:
        _set_quantity(item, item.quantity + quantity)
        return item, False
    if CartItem.objects.of(user).count() >= MAX_ITEMS:
        raise CartFull
    item = CartItem.objects.create(user=user, product=product, configuration=configuration, quantity=quantity)
    _choose(item, chosen)
    return item, True


@atomic
def change_item(
    *, user: CustomUser, item_id: int, quantity: int | None = None, options: Sequence[int] | None = None
) -> CartItem:
    """Change a line. If that makes it equal to another line, the two become one, under this line's id.

    Raises CartItem.DoesNotExist for a line that is not in this cart, ValidationError as `add_to_cart` does.
    """
    lock_cart(user)
    item = CartItem.objects.of(user).select_related("product").get(pk=item_id)
    quantity = item.quantity if quantity is None else quantity
    if options is not None:
        chosen = _own_options(item.product, options)
        quantity += _absorb_twin(item, options)
        CartItemOption.objects.filter(item=item).delete()
        _choose(item, chosen)
    _set_quantity(item, quantity)
    return item


@atomic
def remove_item(*, user: CustomUser, item_id: int) -> None:
    """Raises CartItem.DoesNotExist for a line that is not in this cart."""
    lock_cart(user)
    CartItem.objects.of(user).get(pk=item_id).delete()


@atomic
def clear_cart(*, user: CustomUser) -> None:
    lock_cart(user)
    CartItem.objects.of(user).delete()


def take_out(lines: list[Line]) -> None:
    """Remove what was read of a locked cart, and nothing that is not in hand."""
    ids = [line.item.pk for line in lines]
    if any(line.chosen for line in lines):
        CartItemOption.objects.filter(item__in=ids).delete()
    items = CartItem.objects.filter(pk__in=ids)
    items._raw_delete(items.db)  # nothing else refers to them, so nothing has to be looked for first


def _own_options(product: Product, ids: Sequence[int]) -> list[Option]:
    """Raises ValidationError unless all are the product's own, each once; how many may be chosen is a problem later."""
    if len(set(ids)) < len(ids):
        raise ValidationError({"options": [_("An option is given twice.")]})
    options = list(Option.objects.filter(pk__in=ids, group__products=product))
    if len(options) < len(ids):
        raise ValidationError({"options": [_("This is no option of the product.")]})
    return options


def _absorb_twin(item: CartItem, options: Sequence[int]) -> int:
    """Remove the line that already has the new configuration, and say how many it held."""
    item.configuration = configuration_key(options)
    twins = CartItem.objects.of(item.user).filter(product=item.product, configuration=item.configuration)
    twin = twins.exclude(pk=item.pk).first()
    if twin is None:
        return 0
    twin.delete()
    return twin.quantity


def _choose(item: CartItem, options: list[Option]) -> None:
    CartItemOption.objects.bulk_create(CartItemOption(item=item, option=option, name=option.name) for option in options)


def _set_quantity(item: CartItem, quantity: int) -> None:
    if quantity > MAX_QUANTITY:
        raise ValidationError({"quantity": [_("At most %d of one item.") % MAX_QUANTITY]})
    item.quantity = quantity
    item.save(update_fields=["quantity", "configuration", "updated_at"])
