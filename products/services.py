"""What changes several rows of the catalogue."""

from django.db import transaction
from django.db.models import F, Model, Value
from django.db.models.functions import Concat
from django.utils import timezone

from products.exceptions import AlreadyStaff
from products.hours import end_of_business_day
from products.models import (
    Branch,
    BranchHours,
    BranchProduct,
    BranchSpecialDay,
    BranchStaff,
    Option,
    OptionGroup,
    Position,
)
from products.models.catalogue import ProductQuerySet
from products.models.stock import BranchProductQuerySet
from products.stock import save_branch_product
from users.models import CustomUser


@transaction.atomic
def save_option_group(*, group: OptionGroup | None = None, options: list[dict] | None = None, **values) -> OptionGroup:
    """Save a group, or a new one, with these values and, where options are given, make exactly these its options."""
    group = _with(group or OptionGroup(), values)
    group.save()
    if options is None:
        return group
    kept = {option["id"]: option for option in options if "id" in option}
    rows = group.options.all()  # nobody else changes them: the group itself is locked since it was saved
    rows.exclude(pk__in=kept).delete()
    # Two options may trade their names, and each of them is unique at every moment.
    rows.update(name=Concat(Value("~"), F("pk"), output_field=Option._meta.get_field("name")))
    for row in rows.filter(pk__in=kept):
        _with(row, kept[row.pk]).save()
    for option in options:
        if "id" not in option:
            Option.objects.create(group=group, **option)
    return group


@transaction.atomic
def save_branch(
    *, branch: Branch | None = None, hours: list[dict] | None = None, special_days: list[dict] | None = None, **values
) -> Branch:
    """Save a branch, or a new one, with these values and, where given, its hours as a whole.

    A new default takes the place of the old one.
    """
    branch = _with(branch or Branch(), values)
    if branch.is_default:
        Branch.objects.filter(is_default=True).exclude(pk=branch.pk).update(is_default=False)
    branch.save()
    _replace_times(branch, hours, special_days)
    return branch


@transaction.atomic
def set_opening_times(*, branch: Branch, hours: list[dict], special_days: list[dict] | None = None) -> None:
    """Make exactly these the branch's hours and, where given, its special days."""
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)  # two who write at once come one after the other
    _replace_times(branch, hours, special_days)


def _replace_times(branch: Branch, hours: list[dict] | None, special_days: list[dict] | None) -> None:
    for model, rows in ((BranchHours, hours), (BranchSpecialDay, special_days)):
        if rows is not None:
            model.objects.filter(branch=branch).delete()
            model.objects.bulk_create(model(branch=branch, **row) for row in rows)


def add_staff(*, branch: Branch, user: CustomUser, position: Position) -> BranchStaff:
    """Give a user their position at a branch. Raises AlreadyStaff."""
    row, is_new = BranchStaff.objects.get_or_create(branch=branch, user=user, defaults={"position": position})
    if not is_new:
        raise AlreadyStaff
    return row


def set_branch_product(*, row: BranchProduct | None = None, by: CustomUser, **values) -> BranchProduct:
    """Set what a branch does differently with a product, or do something differently for the first time."""
    return save_branch_product(_with(row or BranchProduct(), values), changed=values, by=by)


def list_products(*, products: ProductQuerySet, is_active: bool) -> int:
    """Put products on the menu or take them off it. Returns how many were not as they should be."""
    return products.exclude(is_active=is_active).update(is_active=is_active, updated_at=timezone.now())


@transaction.atomic
def sell_out(*, products: ProductQuerySet, by: CustomUser) -> None:
    """Products are sold out at every branch until its next business day begins."""
    for branch in Branch.objects.active():
        there = BranchProduct.objects.filter(branch=branch, product__in=products).select_related("branch")
        missing = products.exclude(pk__in=there.values("product"))
        rows = [*there.locked(), *(BranchProduct(branch=branch, product=product) for product in missing)]
        _sell_out(rows, by)


@transaction.atomic
def sell_out_rows(*, rows: BranchProductQuerySet, by: CustomUser) -> None:
    """The same for single products at single branches."""
    _sell_out(list(rows.select_related("branch").locked()), by)


@transaction.atomic
def set_rows(*, rows: BranchProductQuerySet, by: CustomUser, **values) -> None:
    """Set `is_listed`, `price` or `sold_out_until` of products at branches."""
    for row in rows.locked():
        set_branch_product(row=row, by=by, **values)


def _sell_out(rows: list[BranchProduct], by: CustomUser) -> None:
    now = timezone.now()
    for row in rows:
        set_branch_product(row=row, by=by, sold_out_until=end_of_business_day(row.branch, now))


def _with(row: Model, values: dict) -> Model:
    for name, value in values.items():
        setattr(row, name, value)
    return row
