"""Files of the menu, made and changed as a person does it in a spreadsheet."""

from io import BytesIO

from openpyxl import Workbook, load_workbook

from products.exchange.services import import_menu, keep_file, read_plan
from products.exchange.shop import Shop
from products.exchange.writing import as_xlsx


def xlsx(**sheets: list[list]) -> bytes:
    """A workbook of these sheets, each a list of rows with the columns' names first."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def exported(**cells: object) -> bytes:
    """The export, with `products__name="Latte"` typed into the first row of the sheet."""
    book = load_workbook(BytesIO(as_xlsx(Shop())[0]))
    for place, value in cells.items():
        sheet, _separator, column = place.partition("__")
        names = [cell.value for cell in book[sheet][1]]
        book[sheet].cell(row=2, column=names.index(column) + 1, value=value)
    return saved(book)


def done(content: bytes, by, name: str = "menu.xlsx"):
    """Received, previewed and confirmed."""
    plan = read_plan(content, name)
    assert plan.problems == []
    return import_menu(file_id=keep_file(content=content, name=name, by=by).pk, digest=plan.digest, by=by)


def numbers(plan) -> dict[str, tuple[int, int, int, int]]:
    """Of every sheet how many rows are new, changed, unchanged and left alone."""
    return {one.sheet.name: (len(one.added), len(one.changed), one.unchanged, one.left_alone) for one in plan.sheets}


def wrong(plan) -> list[tuple[str, int, str]]:
    return [(problem.sheet, problem.row, problem.column) for problem in plan.problems]
