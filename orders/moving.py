"""The wrong shop, and "it isn't there": what a customer can still put right."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, Throttled

from cart.contents import Contents
from cart.lines import Line, lines_of_items, quantities
from cart.models import CartItem
from cart.problems import check_lines
from orders.changes import change_row
from orders.exceptions import CartHasProblems, StatusNotAllowed, TotalChanged
from orders.models import Channel, Order, OrderItem, PickupCounter
from orders.placing import check_contents, check_hours, is_for_today
from orders.promises import promise
from orders.sides import moves_of
from orders.statuses import Status
from products.hours import business_day
from products.models import Branch, BranchProduct
from products.stock import return_stock, take_stock
from promotions.offers import Offers, held_offers
from promotions.services import redeem_again
from rest.transactions import retrying_atomic
from users.models import CustomUser

MOVABLE = {Status.PENDING, Status.ACCEPTED}
ONE_MINUTE = timedelta(minutes=1)


@retrying_atomic
def move_order(*, order_id: int, branch: Branch, by: CustomUser, expected_total: Decimal | None = None) -> Order:
    """Release the order at its branch and take it at another, at the prices there, in one transaction or not at all.

    Raises Order.DoesNotExist, StatusNotAllowed, and what placing raises: BranchClosed, CartHasProblems, TotalChanged,
    which also is raised where it would cost more than so far and nobody expects that, and what `promise` raises.
    """
    order = Order.objects.visible_to(by).locked().get(pk=order_id)
    if order.branch_id == branch.pk:
        return order
    if order.status not in MOVABLE:
        raise StatusNotAllowed(status=order.status, allowed_statuses=moves_of(by, order))
    now = timezone.now()
    check_hours(branch, order.pickup_at, now)
    needs_stock = is_for_today(branch, order.pickup_at, now)
    items = list(order.items.all())
    stock = _lock_both(order, branch, items)
    contents = _read(order, items, branch, now if needs_stock else order.pickup_at)
    check_contents(contents, expected_total, needs_stock=needs_stock)
    if expected_total is None and contents.total_price > order.total_price:
        raise TotalChanged(total_price=f"{contents.total_price:.2f}")
    return_stock(order_id=order.pk, order_version=order.version + 1, by=by)
    if needs_stock:
        take_stock(stock, quantities(contents.lines), order_id=order.pk, order_version=order.version + 1, by=by)
    _take_over(order, items, contents, now)
    return order


@retrying_atomic
def report_missing(*, order_id: int, by: CustomUser) -> Order:
    """The customer of a ready order does not find it. Raises Order.DoesNotExist, PermissionDenied for whoever is not
    its customer, StatusNotAllowed, Throttled within a minute of the last time.
    """
    order = Order.objects.visible_to(by).locked().get(pk=order_id)
    if order.user_id != by.pk or order.channel != Channel.APP:
        raise PermissionDenied
    if order.status != Status.READY:
        raise StatusNotAllowed(status=order.status, allowed_statuses=moves_of(by, order))
    now = timezone.now()
    if order.missing_at is not None and now < order.missing_at + ONE_MINUTE:
        raise Throttled(wait=(order.missing_at + ONE_MINUTE - now).total_seconds())
    change_row(order, missing_at=now)
    return order


def _lock_both(order: Order, branch: Branch, items: list[OrderItem]) -> list[BranchProduct]:
    """Lock the stock of both branches in primary-key order, and return the new one's."""
    product_ids = {item.product_id for item in items}
    there = Q(branch=order.branch_id) | Q(branch=branch)
    rows = list(BranchProduct.objects.filter(there, product__in=product_ids).locked())
    return [row for row in rows if row.branch_id == branch.pk]


def _read(order: Order, items: list[OrderItem], branch: Branch, now: datetime) -> Contents:
    """The order's items as they are at the branch, with the discounts that it holds.

    Raises CartHasProblems for what the menu has no more.
    """
    wanted = [
        CartItem(
            pk=item.pk,
            product_id=item.product_id,
            quantity=item.quantity,
            options=[{**option, "id": option.get("id")} for option in item.options],
        )
        for item in items
    ]
    lines = lines_of_items(wanted, branch=branch, now=now)
    check_lines(lines, branch=branch, now=now)
    if gone := _gone(items, lines):
        raise CartHasProblems(problems=gone)
    offers = held_offers(order_id=order.pk, user=order.user, branch=branch) if order.discounts else Offers()
    return Contents(branch, lines, now, offers)


def _gone(items: list[OrderItem], lines: list[Line]) -> list[dict]:
    by_item = {line.item.pk: line for line in lines}
    problems = []
    for item in items:
        line = by_item.get(item.pk)
        if line is None or not line.product.is_active:
            detail = _("%s is not available here.") % item.shown_name
            problems.append({"code": "product_unavailable", "detail": detail, "item": item.pk})
        elif len(line.options) < len(item.options):
            detail = _("An option of %s is not available any more.") % item.shown_name
            problems.append({"code": "option_unavailable", "detail": detail, "item": item.pk})
    return problems


def _take_over(order: Order, items: list[OrderItem], contents: Contents, now: datetime) -> None:
    """The new branch's prices, its promise and its next number, and nobody there has seen it yet."""
    bill, by_id = contents.applied.bill, {item.pk: item for item in items}
    for place, line in enumerate(contents.lines):
        item = by_id[line.item.pk]
        item.unit_price = line.unit_price
        item.made = 0  # a cup stays where it was made
        for name, value in bill.of_line(place).items():
            setattr(item, name, value)
    OrderItem.objects.bulk_update(items, ["unit_price", "made", "discount", "free_quantity"])
    if contents.discounts:
        redeem_again(contents.applied, order_id=order.pk)
    seconds = sum(item.prep_seconds * item.quantity for item in items)
    promised_at = promise(branch=contents.branch, seconds=seconds, pickup_at=order.pickup_at)
    day = business_day(contents.branch, order.pickup_at or now)
    change_row(
        order,
        left_branch_id=order.branch_id,
        branch=contents.branch,
        business_day=day,
        number=PickupCounter.objects.next_number(contents.branch, day),
        subtotal_price=contents.subtotal_price,
        discounts=[discount.as_json() for discount in contents.discounts],
        total_price=contents.total_price,
        promised_at=promised_at,
        first_promised_at=promised_at,
        moved_at=now,
        seen_at=None,
        unseen_told_at=None,
    )
