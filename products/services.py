"""What changes several rows of the catalogue."""

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from products.models import Branch, BranchHours, BranchSpecialDay, Option, OptionGroup


@transaction.atomic
def save_option_group(group: OptionGroup, options: list[dict] | None) -> OptionGroup:
    """Save a group and, where options are given, make exactly these its options."""
    group.save()
    if options is None:
        return group
    kept = {option["id"]: option for option in options if "id" in option}
    rows = group.options.select_for_update().order_by("pk")
    rows.exclude(pk__in=kept).delete()
    # Two options may trade their names, and each of them is unique at every moment.
    rows.update(name=Concat(Value("~"), F("pk"), output_field=Option._meta.get_field("name")))
    for row in rows.filter(pk__in=kept):
        _write(row, kept[row.pk])
    for option in options:
        if "id" not in option:
            _write(Option(group=group), option)
    return group


@transaction.atomic
def save_branch(branch: Branch, *, hours: list[dict] | None, special_days: list[dict] | None) -> Branch:
    """Save a branch and, where given, its hours as a whole. A new default takes the place of the old one."""
    if branch.is_default:
        Branch.objects.filter(is_default=True).exclude(pk=branch.pk).update(is_default=False)
    branch.save()
    for model, rows in ((BranchHours, hours), (BranchSpecialDay, special_days)):
        if rows is not None:
            model.objects.filter(branch=branch).delete()
            model.objects.bulk_create(model(branch=branch, **row) for row in rows)
    return branch


def _write(row: Option, values: dict) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
