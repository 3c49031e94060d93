"""Services of the catalogue: changes of several rows."""

from django.db import transaction
from django.db.models import F, Model, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from products.exceptions import AlreadyStaff
from products.images import forget_image
from products.models import (
    Branch,
    BranchHours,
    BranchProduct,
    BranchSpecialDay,
    BranchStaff,
    Option,
    OptionGroup,
    Position,
    Product,
)
from products.models.catalogue import ProductQuerySet
from products.models.stock import BranchProductQuerySet
from products.stock import save_branch_product
from products.stoplist import sell_out_today, set_sold_out
from rest.transactions import retrying_atomic
from users.models import CustomUser

TOO_FEW_OPTIONS = _("The group has fewer options than must be chosen of it.")


@transaction.atomic
def save_option_group(*, group: OptionGroup | None = None, options: list[dict] | None = None, **values) -> OptionGroup:
    """Save a group, or a new one, with these values and, where options are given, make exactly these its options.

    Raises ValidationError for a group that could never be satisfied: it asks for more choices than it has options.
    """
    group = _with(_locked(group) or OptionGroup(), values)
    group.save()
    if options is not None:
        _replace_options(group, options)
    if group.options.count() < group.min_choices:
        raise ValidationError({"min_choices": [TOO_FEW_OPTIONS]})
    return group


def _replace_options(group: OptionGroup, options: list[dict]) -> None:
    kept = {option["id"]: option for option in options if "id" in option}
    rows = group.options.all()  # nobody else changes them: the group itself is locked
    rows.exclude(pk__in=kept).delete()
    # Two options may trade their names, and each of them is unique at every moment.
    rows.update(name=Concat(Value("~"), F("pk"), output_field=Option._meta.get_field("name")))
    there = {row.pk: row for row in rows.filter(pk__in=kept)}
    for values in options:
        ingredients = values.pop("ingredients", None)
        row = _with(there.get(values.get("id")) or Option(group=group), values)
        row.save()
        if ingredients is not None:
            row.ingredients.set(ingredients)


@transaction.atomic
def save_branch(
    *, branch: Branch | None = None, hours: list[dict] | None = None, special_days: list[dict] | None = None, **values
) -> Branch:
    """Save a branch, or a new one, with these values and, where given, its hours as a whole.

    A new default takes the place of the old one. A new branch has the default one's time zone, unless it has its own.
    """
    branch = _with(_locked(branch) or Branch(timezone=Branch.objects.default_timezone()), values)
    if branch.is_default:
        Branch.objects.filter(is_default=True).exclude(pk=branch.pk).update(is_default=False)
    branch.save()
    _replace_times(branch, hours, special_days)
    return branch


@transaction.atomic
def set_opening_times(*, branch: Branch, hours: list[dict], special_days: list[dict] | None = None) -> None:
    """Make exactly these the branch's hours and, where given, its special days."""
    Branch.objects.locked().get(pk=branch.pk)  # two who write at once come one after the other
    _replace_times(branch, hours, special_days)


@transaction.atomic
def copy_special_days(*, branch: Branch, source: Branch) -> None:
    """Add the other branch's coming special days, except on dates for which there is something already."""
    own = BranchSpecialDay.objects.filter(branch=branch).values("date")
    today = timezone.now().astimezone(branch.tz).date()
    days = source.special_days.filter(date__gte=today).exclude(date__in=own)
    BranchSpecialDay.objects.bulk_create(
        BranchSpecialDay(branch=branch, **day) for day in days.values("date", "opens", "closes")
    )


def _replace_times(branch: Branch, hours: list[dict] | None, special_days: list[dict] | None) -> None:
    for model, rows in ((BranchHours, hours), (BranchSpecialDay, special_days)):
        if rows is not None:
            model.objects.filter(branch=branch).delete()
            model.objects.bulk_create(model(branch=branch, **row) for row in rows)


@transaction.atomic
def set_bar(*, branch: Branch, **values) -> Branch:
    """Set `baristas` or `paused_until`; whoever is promised something there meanwhile comes before or after."""
    branch = Branch.objects.locked().get(pk=branch.pk)
    changed = [name for name, value in values.items() if getattr(branch, name) != value]
    if changed:
        _with(branch, values).save(update_fields=changed)
    return branch


def add_staff(*, branch: Branch, user: CustomUser, position: Position) -> BranchStaff:
    """Give a user their position at a branch. Raises AlreadyStaff."""
    row, is_new = BranchStaff.objects.get_or_create(branch=branch, user=user, defaults={"position": position})
    if not is_new:
        raise AlreadyStaff
    return row


@retrying_atomic
def set_branch_product(*, row: BranchProduct | None = None, by: CustomUser, **values) -> BranchProduct:
    """Set what a branch does differently with a product, or do something differently for the first time."""
    is_stop_sent, until = "sold_out_until" in values, values.pop("sold_out_until", None)
    saved = save_branch_product(_with(row or BranchProduct(), values), changed=values, by=by)
    if is_stop_sent:
        set_sold_out(branch=saved.branch, product=saved.product, until=until, by=by)
    return saved


@retrying_atomic
def delete_branch_product(*, row: BranchProduct) -> None:
    """The branch sells the product as everywhere again: all that the row shows goes with it."""
    set_sold_out(branch=row.branch, product=row.product, until=None, by=None)
    row.delete()


@transaction.atomic
def delete_product(*, product: Product) -> None:
    """Delete a product with its pictures. It leaves carts, and stays by name and price in old orders."""
    forget_image(product.image.storage, product.image.name)
    product.delete()


def list_products(*, products: ProductQuerySet, is_active: bool) -> int:
    """Put products on the menu or take them off it. Returns how many were not as they should be."""
    return products.exclude(is_active=is_active).update(is_active=is_active, updated_at=timezone.now())


@transaction.atomic
def sell_out(*, products: ProductQuerySet, by: CustomUser) -> None:
    """Products are sold out at every branch until its next business day begins."""
    found = list(products)
    for branch in Branch.objects.active():
        sell_out_today(branch=branch, products=found, by=by)


@transaction.atomic
def sell_out_rows(*, rows: BranchProductQuerySet, by: CustomUser) -> None:
    """The same for single products at single branches."""
    for row in rows.select_related("branch", "product").order_by("pk"):
        sell_out_today(branch=row.branch, products=[row.product], by=by)


@transaction.atomic
def set_rows(*, rows: BranchProductQuerySet, by: CustomUser, **values) -> None:
    """Set `is_listed`, `price` or `sold_out_until` of products at branches."""
    for row in rows.locked():
        set_branch_product(row=row, by=by, **values)


def _locked(row: Model | None) -> Model | None:
    """Read and lock the row until the transaction ends: what was not sent stays as it is."""
    return row and type(row).objects.select_for_update(no_key=True).get(pk=row.pk)


def _with(row: Model, values: dict) -> Model:
    for name, value in values.items():
        setattr(row, name, value)
    return row
