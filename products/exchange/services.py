"""A file is received and kept for its preview; confirmed, it is written as a whole or not at all."""

from datetime import timedelta

from django.db import IntegrityError
from django.db.models import F, Model, Value
from django.db.models.functions import Concat
from django.utils import timezone

from products.exceptions import CatalogueMoved
from products.exchange.plan import Plan, PlannedRow, PlannedSheet, plan_of
from products.exchange.reading import read_tables
from products.models import BranchProduct, Ingredient, MenuImport, Option, Product
from products.models.base import BATCH
from products.stock import save_branch_products
from products.version import catalogue_changed
from rest.transactions import retrying_atomic
from users.models import CustomUser

KEPT = timedelta(days=1)


def read_plan(content: bytes, name: str, *, is_locked: bool = False) -> Plan:
    """Plan the import of a file. Raises ValidationError for one that is none."""
    tables, problems = read_tables(content, name)
    plan = plan_of(tables, is_locked=is_locked)
    plan.problems[:0] = problems
    return plan


@retrying_atomic
def keep_file(*, content: bytes, name: str, by: CustomUser) -> MenuImport:
    """Store the file until its preview is confirmed, or another one comes, or a day is over."""
    MenuImport.objects.filter(by=by).delete()
    MenuImport.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return MenuImport.objects.create(by=by, name=name[-200:], content=content)


def import_menu(*, file_id: int, digest: str, by: CustomUser) -> Plan:
    """Write what was previewed, all or nothing.

    Raises MenuImport.DoesNotExist when it was done already or given up, CatalogueMoved when by now it would change
    something else than the preview with this digest said.
    """
    try:
        return _import(file_id, digest, by)
    except IntegrityError as error:  # somebody else has just added one of the new rows
        raise CatalogueMoved from error


@retrying_atomic
def _import(file_id: int, digest: str, by: CustomUser) -> Plan:
    kept = MenuImport.objects.select_for_update().get(pk=file_id, by=by)
    plan = read_plan(bytes(kept.content), kept.name, is_locked=True)
    if plan.problems or plan.digest != digest:
        raise CatalogueMoved
    for planned in plan.sheets:
        _write(planned, by)
    if not plan.is_empty:
        catalogue_changed()
    kept.delete()
    return plan


def _write(planned: PlannedSheet, by: CustomUser) -> None:
    model = planned.sheet.model
    if model is BranchProduct:
        rows = planned.rows
        save_branch_products([one.row for one in rows], before=[one.before for one in rows], by=by)
        return
    model.objects.bulk_create([one.row for one in planned.added], batch_size=BATCH)
    if model in (Ingredient, Option):
        _free_names(model, planned.changed)
    model.objects.update_together((one.row, _fields(one)) for one in planned.changed)
    _link(model, planned.rows)


def _fields(planned: PlannedRow) -> set[str]:
    if not isinstance(planned.row, Product):
        return set(planned.before)
    planned.row.updated_at = timezone.now()
    return {*planned.before, "updated_at"}


def _free_names(model: type[Model], changed: list[PlannedRow]) -> None:
    """Two rows may trade their names, and each of them is unique at every moment."""
    renamed = [one.row.pk for one in changed if "name" in one.before]
    in_between = Concat(Value("~"), F("pk"), output_field=model._meta.get_field("name"))
    model.objects.filter(pk__in=renamed).update(name=in_between)


def _link(model: type[Model], rows: list[PlannedRow]) -> None:
    for field in model._meta.many_to_many:
        through, one, other = field.remote_field.through, field.m2m_column_name(), field.m2m_reverse_name()
        changed = [row for row in rows if field.name in row.links]
        through.objects.filter(**{f"{one}__in": [row.row.pk for row in changed if not row.is_new]}).delete()
        pairs = [(row.row.pk, linked.pk) for row in changed for linked in row.links[field.name]]
        through.objects.bulk_create([through(**{one: a, other: b}) for a, b in pairs], batch_size=BATCH)
