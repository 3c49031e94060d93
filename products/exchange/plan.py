"""Dry run of an import: rows compared with those that are there, every wrong cell named, nothing written."""

import json
from dataclasses import dataclass, field
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from products.exchange.cells import Problem, shortened, shown, text_of
from products.exchange.columns import KEEP, Column
from products.exchange.reading import Table
from products.exchange.sheets import SHEETS, FoundBy, Sheet, slug_of
from products.exchange.shop import Shop


@dataclass
class Change:
    column: str
    old: str
    new: str


@dataclass
class PlannedRow:
    """A row that is new or becomes different. `row` has the new values already, and is not saved."""

    number: int
    row: Model
    label: str
    is_new: bool
    changes: list[Change] = field(default_factory=list)
    before: dict[str, object] = field(default_factory=dict)  # of each field that changes, what was found in it
    links: dict[str, list[Model]] = field(default_factory=dict)


@dataclass
class PlannedSheet:
    sheet: Sheet
    added: list[PlannedRow] = field(default_factory=list)
    changed: list[PlannedRow] = field(default_factory=list)
    unchanged: int = 0
    left_alone: int = 0  # rows of the shop that the file does not name

    @property
    def rows(self) -> list[PlannedRow]:
        return [*self.added, *self.changed]


@dataclass
class Plan:
    sheets: list[PlannedSheet]
    problems: list[Problem]

    @property
    def is_empty(self) -> bool:
        return not any(sheet.rows for sheet in self.sheets)

    @property
    def digest(self) -> str:
        """The same for the same changes of the same values: a preview is confirmed by it."""
        changes = [
            [planned.sheet.name, row.number, row.is_new, row.label, [[c.column, c.old, c.new] for c in row.changes]]
            for planned in self.sheets
            for row in planned.rows
        ]
        return sha256(json.dumps(changes).encode()).hexdigest()


def plan_of(tables: list[Table], *, is_locked: bool = False) -> Plan:
    shop = Shop(slugs=_slugs(tables), is_locked=is_locked)
    by_name = {table.sheet.name: table for table in tables}
    planners = [Planner(sheet, shop) for sheet in SHEETS if sheet.name in by_name]
    planned = [planner.plan(by_name[planner.sheet.name]) for planner in planners]
    for planner in planners:
        planner.check_together()  # a group has its options only now
    return Plan(planned, [problem for planner in planners for problem in planner.problems])


def _slugs(tables: list[Table]) -> set[str]:
    """Slugs of the products that the file is about, as far as it names them in a readable way."""
    slugs = set()
    for table in tables:
        for column in {"products": ["slug", "name"], "prices": ["product"]}.get(table.sheet.name, []):
            texts = [_readable(cells.get(column)) for _number, cells in table.rows]
            slugs.update(slug_of(text, table.sheet.model) if column == "name" else text for text in texts if text)
    return slugs


def _readable(cell: object) -> str:
    try:
        return text_of(cell)
    except ValidationError:
        return ""


class Planner:
    """Goes through the rows of one sheet."""

    def __init__(self, sheet: Sheet, shop: Shop):
        self.sheet, self.shop = sheet, shop
        self.problems: list[Problem] = []
        self.told: set[tuple[int, str]] = set()
        self.seen: dict[int, tuple[int, Model]] = {}  # in which row of the file each row of the shop is

    def plan(self, table: Table) -> PlannedSheet:
        planned, there = PlannedSheet(self.sheet), self.sheet.model.objects.count()
        for number, cells in table.rows:
            self._plan_row(planned, number, cells)
        named = sum(row.pk is not None for _number, row in self.seen.values())
        planned.left_alone = max(0, there - named)
        self.sheet.renew(self.shop)
        return planned

    def check_together(self) -> None:
        """Validate rows against each other."""
        for number, row in self.seen.values():
            for column, why in self.sheet.flaws(row, self.shop):
                self._tell(number, column, {}, ValidationError(why))

    def _plan_row(self, planned: PlannedSheet, number: int, cells: dict[str, object]) -> None:
        values = self._values(number, cells)
        try:
            row = self.sheet.find(values, self.shop)
        except FoundBy as error:
            self._tell(number, error.column, cells, error)
            return
        if row is not None and id(row) in self.seen:
            why = ValidationError(_("Row %d is about the same: one row for each.") % self.seen[id(row)][0])
            self._tell(number, self.sheet.columns[0].name, cells, why)
            return
        found = self._compare(number, row, values)
        if found.is_new and self.sheet.is_as_without(found.row):
            planned.unchanged += 1
            return
        self.seen[id(found.row)] = number, found.row
        self._keep(planned, found, values, cells)

    def _keep(self, planned: PlannedSheet, found: PlannedRow, values: dict, cells: dict[str, object]) -> None:
        if found.is_new:
            self._check_complete(found.number, values)
            self.sheet.add(found.row, self.shop)
            planned.added.append(found)
        elif found.changes:
            planned.changed.append(found)
        else:
            planned.unchanged += 1
        self._check_translations(found, cells)

    def _values(self, number: int, cells: dict[str, object]) -> dict:
        values = {}
        for name, cell in cells.items():
            try:
                value = self.sheet.by_name[name].read(cell, self.shop)
            except ValidationError as error:
                self._tell(number, name, cells, error)
            else:
                if value is not KEEP:
                    values[name] = value
        return values

    def _check_complete(self, number: int, values: dict) -> None:
        for column in self.sheet.columns:
            if column.is_needed and column.name not in values:
                self._tell(number, column.name, {}, ValidationError(_("A new row needs this.")))

    def _compare(self, number: int, row: Model | None, values: dict) -> PlannedRow:
        label = "" if row is None else self.sheet.label(row)  # by the old name
        found = PlannedRow(number, row or self.sheet.model(), label, is_new=row is None)
        for name, value in values.items():
            column = self.sheet.by_name[name]
            old = None if found.is_new else column.get(found.row, self.shop)
            if found.is_new or column.differs(old, value):
                self._put(found, column, old, value)
        found.label = label or self.sheet.label(found.row)
        return found

    def _put(self, found: PlannedRow, column: Column, old: object, value: object) -> None:
        new = shown(value)
        if not found.is_new or new:
            found.changes.append(Change(column.name, shown(old), new))
        if column.is_link:
            found.links[column.name] = self.shop.links[id(found.row), column.name] = value
        elif changed := column.put(found.row, value):
            found.before.setdefault(changed, old)

    def _check_translations(self, found: PlannedRow, cells: dict[str, object]) -> None:
        for language, texts in getattr(found.row, "translations", {}).items():
            if not texts.get("name"):
                why = ValidationError(_("A translation needs a name, too."))
                self._tell(found.number, f"name:{language}", cells, why)

    def _tell(self, number: int, column: str, cells: dict[str, object], error: ValidationError) -> None:
        """Record the first error of each cell."""
        if (number, column) not in self.told:
            self.told.add((number, column))
            why = " ".join(error.messages)
            self.problems.append(Problem(self.sheet.name, number, column, shortened(cells.get(column)), why))
