"""From a cart to an order, in one transaction: all of it happens or none of it."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from cart.contents import Contents, Line, quantities, read_cart
from cart.models import CartItem
from cart.services import lock_cart, take_out
from orders import mails
from orders.events import publish_order
from orders.exceptions import BranchClosed, CartHasProblems, CartIsEmpty, TotalChanged
from orders.models import Order, OrderEvent, OrderItem, PickupCounter
from products.exceptions import BranchRequired
from products.hours import is_open, opens_at
from products.models import Branch, BranchProduct, Option
from products.stock import lock_stock, take_stock
from rest.exceptions import Conflict
from rest.transactions import atomic
from users.models import CustomUser

OPERATION = "orders.place"  # whose idempotency keys are kept apart from others


@atomic
def place_order(
    *,
    user: CustomUser,
    branch: Branch | None = None,
    note: str = "",
    pickup_at: datetime | None = None,
    expected_total: Decimal | None = None,
) -> Order:
    """Turn the user's cart into an order at the branch, or at the default one, at the prices of this moment.

    Raises, in this order: BranchRequired, BranchClosed, CartIsEmpty, CartHasProblems, TotalChanged, and Conflict where
    a repetition helps. Then nothing has happened and the cart is as it was.
    """
    lock_cart(user)
    now = timezone.now()
    branch = branch or _default_branch()
    _check_hours(branch, pickup_at, now)
    stock = lock_stock(branch=branch, product_ids=CartItem.objects.of(user).order_by().values("product"))
    cart = read_cart(user=user, branch=branch, now=now)
    _check_cart(cart, expected_total)
    _check_locked(cart, stock)
    take_out(cart.lines)
    order = _create_order(cart, user, note, pickup_at, now)
    take_stock(stock, quantities(cart.lines), order_id=order.pk, by=user)
    mails.send_placed(order)
    publish_order(order)
    return order


def _default_branch() -> Branch:
    branch = Branch.objects.default()
    if branch is None:
        raise BranchRequired
    return branch


def _check_hours(branch: Branch, pickup_at: datetime | None, now: datetime) -> None:
    moment = pickup_at or now
    if not is_open(branch, moment):
        raise BranchClosed(opens_at=opens_at(branch, moment))


def _check_cart(cart: Contents, expected_total: Decimal | None) -> None:
    if not cart.lines:
        raise CartIsEmpty
    if cart.item_problems:
        raise CartHasProblems(problems=cart.item_problems)
    if expected_total is not None and expected_total != cart.total_price:
        raise TotalChanged(total_price=f"{cart.total_price:.2f}")


def _check_locked(cart: Contents, stock: list[BranchProduct]) -> None:
    """Refuse what came under stock control between the lock and the reading: its stock would not be taken."""
    locked = {row.product_id for row in stock}
    if any(line.product.branch_stock is not None and line.product.pk not in locked for line in cart.lines):
        raise Conflict


def _create_order(cart: Contents, user: CustomUser, note: str, pickup_at: datetime | None, now: datetime) -> Order:
    business_day = now.astimezone(cart.branch.tz).date()
    order = Order.objects.create(
        user=user,
        branch=cart.branch,
        business_day=business_day,
        number=PickupCounter.objects.next_number(cart.branch, business_day),
        subtotal_price=cart.total_price,
        total_price=cart.total_price,
        currency=settings.CURRENCY,
        note=note,
        pickup_at=pickup_at,
    )
    items = OrderItem.objects.bulk_create(_copy(order, line) for line in cart.lines)
    event = OrderEvent.objects.create(order=order, status=order.status, by=user)
    order.remember(items=items, events=[event])
    return order


def _copy(order: Order, line: Line) -> OrderItem:
    return OrderItem(
        order=order,
        product=line.product,
        product_name=line.product.name,
        options=[_copy_option(option) for option in line.options],
        unit_price=line.unit_price,
        quantity=line.item.quantity,
    )


def _copy_option(option: Option) -> dict:
    return {"id": option.pk, "name": option.name, "price_delta": f"{option.price_delta:.2f}"}
