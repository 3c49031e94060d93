"""The one place that locks and moves stock. Every change is booked, so that a stock can be explained."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError

from products import mails
from products.exceptions import CatalogueMoved, InsufficientStock, StockNotTracked
from products.models import Branch, BranchProduct, StockMovement
from products.models.base import BATCH
from products.models.stock import MAX_STOCK
from products.version import catalogue_changed
from rest.transactions import retrying_atomic
from users.models import CustomUser

Reason = StockMovement.Reason
MOST_RECENT = 200  # movements, among which a refill is looked for


def lock_stock(*, branch: Branch, product_ids: Collection[int] | QuerySet) -> list[BranchProduct]:
    """Lock what the branch keeps of these products, in primary-key order, until the transaction ends."""
    return list(locked_rows(branch.pk, product_ids))


def locked_rows(branch_id: int, product_ids: Collection[int] | QuerySet) -> QuerySet:
    return BranchProduct.objects.filter(branch=branch_id, product__in=product_ids).locked()


def take_stock(
    rows: list[BranchProduct], quantities: Mapping[int, int], *, order_id: int, order_version: int, by: CustomUser
) -> None:
    """Book what an order takes out of the locked rows; what is made to order has no stock to take from.

    Raises IntegrityError, by the database's own constraint, should a stock become negative.
    """
    tracked = [row for row in rows if row.stock is not None and row.product_id in quantities]
    changes = [(row, -quantities[row.product_id]) for row in tracked]
    _move(changes, Reason.SOLD, order_id=order_id, order_version=order_version, by=by)


def return_stock(*, order_id: int, order_version: int, by: CustomUser | None) -> None:
    """Give back what an order has taken and not given back, to wherever stock is still tracked.

    Twice for the same version of the order is refused by the database.
    """
    sums = StockMovement.objects.filter(order_id=order_id).order_by().values("branch_product")
    taken = dict(sums.annotate(total=Sum("change")).filter(total__lt=0).values_list("branch_product", "total"))
    rows = BranchProduct.objects.filter(pk__in=taken, stock__isnull=False).locked()
    changes = [(row, -taken[row.pk]) for row in rows]
    _move(changes, Reason.RETURNED, order_id=order_id, order_version=order_version, by=by)


@retrying_atomic
def save_branch_product(row: BranchProduct, *, changed: Collection[str], by: CustomUser | None) -> BranchProduct:
    """Save what a branch does differently: of an existing row only the `changed` fields, because its stock may be
    selling right now. A changed `stock` is a recount, and booked.
    """
    before = BranchProduct.objects.locked().filter(pk=row.pk).first()
    if before is None:
        row.save()
    elif different := [name for name in changed if getattr(row, name) != getattr(before, name)]:
        row.save(update_fields=different)
        if "stock" in different and _is_seen(before.stock, row.stock):
            catalogue_changed()
        if "stock" in different and row.becomes_low(before.stock, row.stock):
            mails.send_low_stock([row])
    change = (row.stock or 0) - ((before and before.stock) or 0)
    if change and (before is None or "stock" in changed):
        StockMovement.objects.create(branch_product=row, change=change, reason=Reason.CORRECTED, by=by)
    return row


@retrying_atomic
def save_branch_products(
    rows: Sequence[BranchProduct], *, before: Sequence[Mapping[str, object]], by: CustomUser | None
) -> None:
    """`save_branch_product` for many, in a handful of statements. `before` has of each what its changed fields were.

    Raises CatalogueMoved when one of them is something else by now.
    """
    if not rows:
        return
    existing = {row.pk: row for row in rows if row.pk}
    stored = {row.pk: row for row in BranchProduct.objects.filter(pk__in=existing).locked()}
    booked, low = [], defaultdict(list)
    for row, fields in zip(rows, before, strict=True):
        there = stored.get(row.pk)
        if row.pk and (there is None or any(getattr(there, name) != value for name, value in fields.items())):
            raise CatalogueMoved
        change = (row.stock or 0) - ((there and there.stock) or 0) if not there or "stock" in fields else 0
        booked += [StockMovement(branch_product=row, change=change, reason=Reason.CORRECTED, by=by)] if change else []
        if there and "stock" in fields and row.becomes_low(there.stock, row.stock):
            low[row.branch_id].append(row)
    BranchProduct.objects.bulk_create([row for row in rows if not row.pk], batch_size=BATCH)
    BranchProduct.objects.update_together(
        (row, one) for row, one in zip(rows, before, strict=True) if row.pk in existing
    )
    StockMovement.objects.bulk_create(booked, batch_size=BATCH)
    for one_branch in low.values():
        mails.send_low_stock(one_branch)
    catalogue_changed()


@retrying_atomic
def change_stock(*, row_id: int, change: int, reason: Reason, by: CustomUser) -> BranchProduct:
    """Add a delivery, or take away what was wasted, while it sells.

    Raises BranchProduct.DoesNotExist, StockNotTracked, InsufficientStock, ValidationError beyond what can be counted.
    """
    row = BranchProduct.objects.locked().get(pk=row_id)
    if refusal := _refusal(row, change):
        raise refusal
    _move([(row, change)], reason, by=by)
    return row


@retrying_atomic
def change_stocks(*, changes: Mapping[int, int], reason: Reason, by: CustomUser) -> None:
    """The same for several rows by their primary keys, all or nothing: what a delivery brought, at one branch.

    Raises ValidationError, by primary keys.
    """
    rows = list(BranchProduct.objects.filter(pk__in=changes).locked())
    refusals = {row.pk: refusal for row in rows if (refusal := _refusal(row, changes[row.pk]))}
    if refusals:
        raise ValidationError({pk: _texts_of(refusal) for pk, refusal in refusals.items()})
    _move([(row, changes[row.pk]) for row in rows], reason, by=by)


def _refusal(row: BranchProduct, change: int) -> APIException | None:
    if row.stock is None:
        return StockNotTracked()
    if row.stock + change < 0:
        return InsufficientStock(available=row.stock)
    if row.stock + change > MAX_STOCK:
        return ValidationError({"change": [_("That would be more than %d in stock.") % MAX_STOCK]})
    return None


def _texts_of(refusal: APIException) -> list[str]:
    return refusal.detail["change"] if isinstance(refusal.detail, dict) else [refusal.detail]


def _move(
    changes: list[tuple[BranchProduct, int]],
    reason: Reason,
    *,
    by: CustomUser | None,
    order_id: int | None = None,
    order_version: int | None = None,
) -> None:
    """Change locked rows by so much each, in the database and in hand, and book it: two statements for any number, as
    long as none of them becomes low.
    """
    if not changes:
        return
    BranchProduct.objects.add_to_stock({row.pk: change for row, change in changes})
    if any(_is_seen(row.stock, row.stock + change) for row, change in changes):
        catalogue_changed()
    low = [row for row, change in changes if row.becomes_low(row.stock, row.stock + change) and not _was_low(row)]
    StockMovement.objects.bulk_create(
        StockMovement(
            branch_product=row, change=change, reason=reason, order_id=order_id, order_version=order_version, by=by
        )
        for row, change in changes
    )
    for row, change in changes:
        row.stock += change
    if low:
        mails.send_low_stock(low)


def _was_low(row: BranchProduct) -> bool:
    """True when stock was low already since the last refill. What a cancelled order gives back is none: customers who
    order and cancel again and again would fill the managers' mailboxes.
    """
    stock = row.stock
    movements = StockMovement.objects.filter(branch_product=row).order_by("-pk").values_list("change", "reason")
    for change, reason in movements[:MOST_RECENT]:
        if stock <= row.low_stock_threshold:
            return True
        if change > 0 and reason != Reason.RETURNED:
            return False
        stock -= change
    return False


def _is_seen(before: int | None, after: int | None) -> bool:
    """Customers see whether there is any, not how much; None is made to order."""
    return (before == 0) != (after == 0)
