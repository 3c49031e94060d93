"""Reading the file, XLSX or CSV: it is bounded before it is parsed."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import PurePosixPath
from xml.parsers import expat
from zipfile import ZipFile

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook

from products.exchange.cells import Broken, Problem, shortened, text_of
from products.exchange.sheets import BY_NAME, Sheet

MAX_FILE = 5 * 1024 * 1024
MAX_UNPACKED = 32 * 1024 * 1024  # of all parts together: beside it a bomb is small
MAX_PARTS = 200
MAX_ROWS = 10_000  # of all sheets together
MAX_COLUMNS = 60
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass
class Table:
    """A sheet of the file: rows by their number there, each by the names of its columns."""

    sheet: Sheet
    rows: list[tuple[int, dict[str, object]]] = field(default_factory=list)


def read_tables(content: bytes, name: str) -> tuple[list[Table], list[Problem]]:
    """Read the tables of a file. Raises ValidationError for one that is not ours, or larger than needs be."""
    if len(content) > MAX_FILE:
        raise ValidationError(_("The file is larger than %d MiB.") % (MAX_FILE // 1024**2))
    if content.startswith(OLD_EXCEL):
        raise ValidationError(_("This is a file of an old Excel. Save it as .xlsx and try again."))
    reader = Reader()
    for sheet_name, rows in _parts(content, name):
        reader.take(sheet_name, rows)
    if not reader.tables and not reader.problems:
        raise ValidationError(_("There is nothing in this file."))
    return reader.tables, reader.problems


class Reader:
    """Turns rows of cells into tables, under one limit for all of them."""

    def __init__(self):
        self.tables: list[Table] = []
        self.problems: list[Problem] = []
        self.left = MAX_ROWS

    def take(self, name: str, rows: Iterator[list]) -> None:
        numbered = ((number, row) for number, row in enumerate(rows, start=1) if self._is_within(number))
        head = next(numbered, (1, []))[1]
        names = [_heading(cell) for cell in head]
        if not any(names):
            if any(self._has_anything(row) for _number, row in numbered):
                self._tell(name, 1, "", _("The first row must name the columns."))
            return
        sheet = BY_NAME.get(name)
        if sheet is None:
            self._tell(name, 0, "", _("No sheet has this name. There are: %s.") % ", ".join(BY_NAME))
        elif any(table.sheet is sheet for table in self.tables):
            self._tell(name, 0, "", _("This sheet is there twice."))
        elif self._are_columns(sheet, names):
            self.tables.append(Table(sheet, list(self._rows(sheet, names, numbered))))

    def _is_within(self, number: int) -> bool:
        """Empty rows count, too: a file has room for a million of them."""
        if number - 1 > self.left:
            text = _("More than %d rows, empty ones among them. Delete the empty rows, or divide the file.")
            raise ValidationError(text % MAX_ROWS)
        return True

    def _rows(self, sheet: Sheet, names: list[str], numbered: Iterator) -> Iterator[tuple[int, dict]]:
        last, columns = 1, [(place, name) for place, name in enumerate(names) if name]
        for number, row in numbered:
            last = number
            if self._has_anything(row):
                yield number, {name: row[place] if place < len(row) else None for place, name in columns}
                self._check_width(sheet, number, names, row)
        self.left -= last - 1

    def _check_width(self, sheet: Sheet, number: int, names: list[str], row: list) -> None:
        for name, cell in zip_longest(names, row, fillvalue=None):
            if not name and cell not in (None, ""):
                self._tell(sheet.name, number, "", _("A cell without a column's name above it."), cell)
                return

    def _are_columns(self, sheet: Sheet, names: list[str]) -> bool:
        named = [name for name in names if name]
        unknown = [name for name in named if name not in sheet.by_name]
        twice = {name for name in named if named.count(name) > 1}
        for name in unknown:
            text = _("No column has this name. There are: %s.") % ", ".join(sheet.by_name)
            self._tell(sheet.name, 1, name, text, name)
        for name in sorted(twice):
            self._tell(sheet.name, 1, name, _("This column is there twice."), name)
        return not unknown and not twice

    @staticmethod
    def _has_anything(row: list) -> bool:
        return any(cell not in (None, "") for cell in row)

    def _tell(self, sheet: str, row: int, column: str, why: str, cell: object = None) -> None:
        self.problems.append(Problem(shortened(sheet), row, shortened(column), shortened(cell), why))


def _heading(cell: object) -> str:
    try:
        return text_of(cell).lower()
    except ValidationError:
        return shortened(cell)


def _parts(content: bytes, name: str) -> Iterator[tuple[str, Iterator[list]]]:
    """Every sheet's name and rows of cells."""
    if not content.startswith(ZIP):
        yield _stem(name), _csv_rows(content)
        return
    with _readable():
        archive = ZipFile(BytesIO(content))
        _check_bounds(archive)
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            _refuse_document_types(archive)
            yield from _xlsx_parts(content)
        for member in names if "[Content_Types].xml" not in names else ():
            if member.lower().endswith(".csv") and not member.startswith("__MACOSX"):
                yield _stem(member), _csv_rows(archive.read(member))


def unreadable() -> str:
    return _("This file cannot be read: it is damaged, or neither .xlsx nor .csv.")


def _stem(name: str) -> str:
    """`products (1).csv`, as browsers name a second download, is the sheet `products`."""
    return PurePosixPath(name.replace("\\", "/")).stem.partition(" ")[0].lower()


def _check_bounds(archive: ZipFile) -> None:
    """Check the sizes that the parts declare, of which `zipfile` never unpacks more."""
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ValidationError(_("Unpacked this file is larger than any menu."))


def _refuse_document_types(archive: ZipFile) -> None:
    """No spreadsheet has a document type, in which a few lines can stand for gigabytes. A sheet may have any name, so
    that pictures are looked at, too.
    """
    for part in archive.namelist():
        _read_prolog(archive.read(part), is_xml=part.endswith((".xml", ".rels")))


class _PrologIsOver(Exception):
    pass


def _read_prolog(xml: bytes, *, is_xml: bool) -> None:
    def refuse(*_arguments) -> None:
        raise ValidationError(unreadable())

    def stop(*_arguments) -> None:
        raise _PrologIsOver

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler, parser.StartElementHandler = refuse, stop
    try:
        parser.Parse(xml, True)
    except _PrologIsOver:
        return
    except expat.ExpatError:
        if is_xml:
            raise


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except ValidationError:
        raise
    except Exception as error:  # zipfile, expat and openpyxl raise whatever a strange file makes Python raise
        raise ValidationError(unreadable()) from error


def _xlsx_parts(content: bytes) -> Iterator[tuple[str, Iterator[list]]]:
    book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
    for sheet in book.worksheets:
        yield sheet.title.strip().lower(), _xlsx_rows(sheet)


def _xlsx_rows(sheet) -> Iterator[list]:
    with _readable():
        sheet.reset_dimensions()  # which a file states, rightly or not
        for row in sheet.iter_rows(max_col=MAX_COLUMNS, max_row=MAX_ROWS + 2):
            yield [_value(cell) for cell in row]


def _value(cell) -> object:
    if cell.data_type in ("f", "e"):
        return Broken(str(cell.value), cell.data_type == "f")
    return cell.value


def _csv_rows(content: bytes) -> Iterator[list]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = _("This text is not UTF-8. In Excel choose “CSV UTF-8” when saving, or send the .xlsx file.")
        raise ValidationError(why) from error
    if "\0" in text:
        raise ValidationError(unreadable())
    head = text[: text.find("\n") + 1] or text
    delimiter = max(",;\t", key=head.count)  # spreadsheets in Russian write semicolons
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            yield row[:MAX_COLUMNS]  # as of a workbook: any text in one line is a million columns
    except csv.Error as error:
        raise ValidationError(_("This is no CSV, or a cell of it is far too long.")) from error
