"""Writing the file: as XLSX one sheet for each kind, as CSV a zip of as many files. No text in it is a formula."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from products.exchange.columns import Column
from products.exchange.sheets import SHEETS, Sheet
from products.exchange.shop import Shop
from rest.spreadsheets import XLSX, defused

WIDTHS = {"description": 40, "name": 26, "option_groups": 30, "ingredients": 30}  # by how a column's name begins


def as_xlsx(shop: Shop) -> tuple[bytes, str]:
    book = Workbook(write_only=True)
    for sheet in SHEETS:
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        for place, column in enumerate(sheet.columns, start=1):
            page.column_dimensions[get_column_letter(place)].width = _width(column)
        page.append([_head(page, column) for column in sheet.columns])
        for row in _rows(sheet, shop):
            page.append([_cell(page, value) for value in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue(), XLSX


def as_csv(shop: Shop) -> tuple[bytes, str]:
    """Write CSV files with byte order marks, without which Excel takes Cyrillic for something else."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for sheet in SHEETS:
            text = StringIO()
            writer = csv.writer(text)
            writer.writerow(column.name for column in sheet.columns)
            writer.writerows([_plain(value) for value in row] for row in _rows(sheet, shop))
            archive.writestr(f"{sheet.name}.csv", text.getvalue().encode("utf-8-sig"))
    return file.getvalue(), "application/zip"


def _rows(sheet: Sheet, shop: Shop) -> Iterator[list]:
    for row in sheet.rows(shop):
        yield [defused(column.written(row, shop)) for column in sheet.columns]


def _head(page, column: Column) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=column.name)
    cell.font = Font(bold=True)
    return cell


def _cell(page, value: object) -> object:
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = "0.00"
        return cell
    if isinstance(value, str) and value.startswith("#"):  # openpyxl takes the text `#N/A` for an error
        cell = WriteOnlyCell(page, value=value)
        cell.data_type = "s"
        return cell
    return value


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.2f}" if isinstance(value, Decimal) else "" if value is None else str(value)


def _width(column: Column) -> int:
    return WIDTHS.get(column.name.partition(":")[0], 14)
