"""Tables as files that a spreadsheet opens, in which no text is a formula."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import BytesIO, StringIO

from django.http import HttpResponse
from openpyxl import Workbook

from rest.spreadsheets import XLSX, defused, unsplittable


def as_file(rows: Iterable[list], *, name: str, kind: str) -> HttpResponse:
    table = [[defused(value) for value in row] for row in rows]
    content, content_type = _xlsx(table) if kind == "xlsx" else _csv(table)
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(table: list[list]) -> tuple[bytes, str]:
    """Write CSV with a byte order mark, without which Excel takes Cyrillic for something else."""
    text = StringIO()
    csv.writer(text).writerows([unsplittable(value) for value in row] for row in table)
    return text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8"


def _xlsx(table: list[list]) -> tuple[bytes, str]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Report")
    for row in table:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue(), XLSX


def sales_table(report: dict) -> list[list]:
    columns = ["orders", "cups", "gross", "discounts", "net", "average"]
    rows = [[row["key"], row["name"], *(row[name] for name in columns)] for row in report["rows"]]
    return [[report["by"], "name", *columns], *rows, ["total", "", *(report["totals"][name] for name in columns)]]


def service_table(report: dict) -> list[list]:
    figures = [[name, _plain(value)] for name, value in report.items() if name != "cancellations"]
    reasons = [[f"cancelled: {row['text']}", row["orders"]] for row in report["cancellations"]]
    return [["figure", "value"], *figures, *reasons]


def _plain(value: object) -> object:
    return value if isinstance(value, int | Decimal) else "" if value is None else str(value)
