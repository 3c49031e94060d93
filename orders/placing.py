"""From a cart, or from what is typed in at the counter, to an order: one transaction, all of it happens or none."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied, ValidationError

from cart.contents import Contents, read_cart
from cart.lines import Line, Problem, quantities
from cart.models import CartItem
from cart.services import Wanted, lock_cart, read_wanted, take_out
from orders import mails
from orders.events import publish_order
from orders.exceptions import BranchClosed, CartHasProblems, CartIsEmpty, TooManyOpenOrders, TotalChanged
from orders.models import Channel, Order, OrderEvent, OrderItem, PickupCounter
from orders.promises import claim_work, promise
from orders.statuses import Status
from products.exceptions import BranchRequired
from products.hours import business_day, is_open, opens_at
from products.models import Branch, BranchProduct, Option, is_staff_at
from products.stock import lock_stock, locked_rows, take_stock
from promotions.services import redeem
from rest.exceptions import Conflict
from rest.prepared import Prepared
from rest.transactions import retrying_atomic
from users.models import CustomUser

OPERATION = "orders.place"  # whose idempotency keys are kept apart from others


def _stock_of_cart(*, branch_id: int, user_id: int) -> QuerySet:
    return locked_rows(branch_id, CartItem.objects.of(user_id).order_by().values("product"))


def _number_of_open(*, user_id: int) -> QuerySet:
    unpaid = Order.objects.own(CustomUser(pk=user_id)).open().filter(paid_at__isnull=True).order_by()
    return unpaid.values("user").annotate(number=Count("pk")).values_list("number")


STOCK_OF_CART = Prepared(_stock_of_cart, branch_id=int, user_id=int)
NUMBER_OF_OPEN = Prepared(_number_of_open, user_id=int)


@retrying_atomic
def place_order(
    *,
    user: CustomUser,
    branch: Branch | None = None,
    pickup_at: datetime | None = None,
    expected_total: Decimal | None = None,
    is_paid: bool | None = None,
    **details: str | bool,
) -> Order:
    """Turn the user's cart into an order at the branch, or at the default one, at the prices of this moment.

    `details` are `note`, `customer_name` and `is_takeaway`. Raises, in this order: BranchRequired, BranchClosed,
    CartIsEmpty, CartHasProblems, TotalChanged, TooManyOpenOrders, what `promise` raises, and Conflict where a
    repetition helps. Then nothing has happened and the cart is as it was. PermissionDenied for whoever says it is paid.
    """
    if is_paid is not None:
        raise PermissionDenied
    lock_cart(user)
    now = timezone.now()
    branch = branch or _default_branch()
    check_hours(branch, pickup_at, now)
    needs_stock = is_for_today(branch, pickup_at, now)
    stock = STOCK_OF_CART(branch_id=branch.pk, user_id=user.pk) if needs_stock else []
    cart = read_cart(user=user, branch=branch, now=now if needs_stock else pickup_at, for_order=True)
    check_contents(cart, expected_total, needs_stock=needs_stock)
    _check_locked(cart, stock, needs_stock=needs_stock)
    _check_open_orders(user)
    take_out(cart, user)
    return _place(cart, stock, user, now, pickup_at=pickup_at, **details)


@retrying_atomic
def place_counter_order(
    *,
    user: CustomUser,
    items: Sequence[dict],
    branch: Branch | None = None,
    pickup_at: datetime | None = None,
    expected_total: Decimal | None = None,
    is_paid: bool = False,
    **details: str | bool,
) -> Order:
    """Place an accepted order of these items, as staff type it in for a guest. It is theirs, but not their own; no cart
    moves.

    Raises as `place_order` does, PermissionDenied unless the user works at the branch, ValidationError for items that
    are not on the menu.
    """
    now = timezone.now()
    branch = branch or _default_branch()
    if not is_staff_at(user, branch):
        raise PermissionDenied
    check_hours(branch, pickup_at, now)
    needs_stock = is_for_today(branch, pickup_at, now)
    product_ids = {item["product_id"] for item in items} if needs_stock else []
    stock = lock_stock(branch=branch, product_ids=product_ids)
    at = now if needs_stock else pickup_at
    cart = Contents(branch, _read_items(items, branch, at), at)
    check_contents(cart, expected_total, needs_stock=needs_stock)
    _check_locked(cart, stock, needs_stock=needs_stock)
    details |= {"channel": Channel.COUNTER, "status": Status.ACCEPTED, "paid_at": now if is_paid else None}
    return _place(cart, stock, user, now, pickup_at=pickup_at, **details)


def is_for_today(branch: Branch, pickup_at: datetime | None, now: datetime) -> bool:
    """Stock is of the business day: who fetches on a later one neither takes nor needs today's."""
    return pickup_at is None or business_day(branch, pickup_at) <= business_day(branch, now)


def check_hours(branch: Branch, pickup_at: datetime | None, now: datetime) -> None:
    moment = pickup_at or now
    if not is_open(branch, moment):
        raise BranchClosed(opens_at=opens_at(branch, moment))


def check_contents(cart: Contents, expected_total: Decimal | None, *, needs_stock: bool) -> None:
    if not cart.lines:
        raise CartIsEmpty
    if problems := [problem for problem in cart.content_problems if needs_stock or not _is_of_stock(problem)]:
        raise CartHasProblems(problems=problems)
    if expected_total is not None and expected_total != cart.total_price:
        raise TotalChanged(total_price=f"{cart.total_price:.2f}")


def _is_of_stock(problem: Problem) -> bool:
    return problem["code"] == "insufficient_stock"


def _default_branch() -> Branch:
    branch = Branch.objects.default()
    if branch is None:
        raise BranchRequired
    return branch


def _check_open_orders(user: CustomUser) -> None:
    """Under the cart's lock, so that nobody places two at once."""
    most = settings.OPEN_ORDERS_GUEST if user.is_guest else settings.OPEN_ORDERS
    if any(number >= most for (number,) in NUMBER_OF_OPEN(user_id=user.pk)):
        raise TooManyOpenOrders


def _read_items(items: Sequence[dict], branch: Branch, now: datetime) -> list[Line]:
    try:
        return read_wanted([Wanted(**item) for item in items], branch=branch, now=now)
    except ValidationError as error:
        raise ValidationError({"items": error.detail}) from error


def _check_locked(cart: Contents, stock: list[BranchProduct], *, needs_stock: bool) -> None:
    """Refuse what came under stock control between the lock and the reading: its stock would not be taken."""
    locked = {row.product_id for row in stock}
    tracked = (line.product for line in cart.lines if line.product.branch_stock is not None)
    if needs_stock and any(product.pk not in locked for product in tracked):
        raise Conflict


def _place(cart: Contents, stock: list[BranchProduct], user: CustomUser, now: datetime, **values) -> Order:
    promised_at = promise(branch=cart.branch, seconds=cart.seconds, pickup_at=values["pickup_at"])
    day = business_day(cart.branch, values["pickup_at"] or now)
    order = Order.objects.create(
        user=user,
        branch=cart.branch,
        business_day=day,
        number=PickupCounter.objects.next_number(cart.branch, day),
        subtotal_price=cart.subtotal_price,
        discounts=[discount.as_json() for discount in cart.discounts],
        total_price=cart.total_price,
        currency=settings.CURRENCY,
        promised_at=promised_at,
        first_promised_at=promised_at,
        announce_at=mails.announcement_time(),
        **values,
    )
    claim_work(order, cart.seconds)
    items = OrderItem.objects.bulk_create(_copies(order, cart))
    event = OrderEvent.objects.create(order=order, status=order.status, by=user)
    order.remember(items=items, events=[event])
    take_stock(stock, quantities(cart.lines), order_id=order.pk, order_version=order.version, by=user)
    redeem(cart.applied, user=user, order_id=order.pk)
    mails.send_placed(order)
    publish_order(order)
    return order


def _copies(order: Order, cart: Contents) -> Iterator[OrderItem]:
    for place, line in enumerate(cart.lines):
        yield OrderItem(
            order=order,
            product=line.product,
            product_name=line.product.name,
            product_names=line.product.names,
            options=[_copy_option(option) for option in line.options],
            unit_price=line.unit_price,
            quantity=line.item.quantity,
            prep_seconds=line.prep_seconds,
            **cart.applied.bill.of_line(place),
        )


def _copy_option(option: Option) -> dict:
    price_delta = f"{option.price_delta:.2f}"
    return {"id": option.pk, "name": option.name, "names": option.names, "price_delta": price_delta}
