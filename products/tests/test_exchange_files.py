"""Files that are none, or larger than anything needs to be, are refused in words before they cost anything."""

import time
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook

from products.exchange.reading import MAX_ROWS, read_tables
from products.exchange.services import read_plan
from products.models import Product
from products.tests.factories import CategoryFactory, ProductFactory
from products.tests.menufiles import done, saved, wrong, xlsx

pytestmark = pytest.mark.django_db

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def zipped(**parts: bytes | str) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_sheet(xml: str) -> bytes:
    """A workbook whose sheet of products is this XML."""
    parts = {info.filename: part for info, part in _parts(xlsx(products=[["slug"], ["x"]]))}
    return zipped(**{**parts, "xl/worksheets/sheet1.xml": xml})


def _parts(content: bytes):
    archive = ZipFile(BytesIO(content))
    return [(info, archive.read(info)) for info in archive.infolist()]


def renamed(workbook: bytes) -> bytes:
    """Its sheet of products is a part that does not look like XML by its name."""
    parts = {info.filename: part.replace(b"sheet1.xml", b"sheet1.bin") for info, part in _parts(workbook)}
    return zipped(**{name.replace("sheet1.xml", "sheet1.bin"): part for name, part in parts.items()})


def damaged(compression: int) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", compression) as archive:
        archive.writestr("products.csv", "slug\n" * 1000)
    content = bytearray(file.getvalue())
    content[44:60] = b"\0" * 16  # behind the name, where the data begins
    return bytes(content)


BOMB = "<row/>" + " " * (40 * 1024 * 1024)
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>slug</t></is></c></row>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ROWS = "".join(f'<row r="{number}"/>' for number in range(1, 1_000_001))
REFUSED = {
    "nothing": b"",
    "no file of ours": b"\x89PNG\r\n\x1a\n",
    "zip of nothing": zipped(),
    "zip of pictures": zipped(**{"x.png": b"x"}),
    "damaged zip": zipped(x=b"x")[:20],
    "zip without parts": zipped(**{"[Content_Types].xml": "<x/>"}),
    "zip of no XML": zipped(**{"[Content_Types].xml": "<x"}),
    "old Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "bomb": with_sheet(SHEET.format(BOMB)),
    "entities": with_sheet(ENTITIES + SHEET.format(HEAD)),
    "entities by another name": renamed(with_sheet(ENTITIES + SHEET.format(HEAD))),
    "sheet of no XML": with_sheet("<worksheet"),
    "sheet of an unknown encoding": with_sheet('<?xml version="1.0" encoding="foo"?>' + SHEET.format(HEAD)),
    "sheet of UTF-7": with_sheet('<?xml version="1.0" encoding="utf-7"?>' + SHEET.format(HEAD)),
    "name of no UTF-8": zipped(**{"é.csv": "slug"}).replace("é".encode(), b"\xff\xfe"),
    "damaged bzip2": damaged(ZIP_BZIP2),
    "damaged LZMA": damaged(ZIP_LZMA),
    "a million empty rows": with_sheet(SHEET.format(ROWS)),
    "one cell far below": with_sheet(SHEET.format('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')),
    "more than 5 MiB": b"slug\n" + b"x\n" * 3 * 1024 * 1024,
    "text of cp1251": "slug,name\nx,Латте\n".encode("cp1251"),
    "text of UTF-16": "slug,name\nx,Латте\n".encode("utf-16"),
    "text with NUL": b"slug,name\nx,a\0b\n",
    "one endless cell": b"slug,name\nx," + b"y" * 200_000,
    "lines without end": b"slug\n" + b"\n" * 1_000_000,
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_file_that_is_none_is_refused_in_words(content):
    begun = time.process_time()

    with pytest.raises(ValidationError) as refusal:
        read_tables(content, "products.csv")

    assert refusal.value.messages[0].endswith((".", "!"))
    assert time.process_time() - begun < 10


def test_file_of_an_old_excel_says_what_to_do():
    with pytest.raises(ValidationError) as refusal:
        read_tables(REFUSED["old Excel"], "menu.xls")

    assert "old Excel" in refusal.value.messages[0]


def test_text_in_one_endless_line_costs_little():
    begun = time.process_time()

    problems = read_plan(b",".join(b"a%d" % number for number in range(30_000)), "products.csv").problems

    assert {problem.column for problem in problems} >= {"a0", "a59"}
    assert time.process_time() - begun < 5


ODD = {
    "unknown sheet": (xlsx(prodcts=[["slug"], ["x"]]), ("prodcts", 0, "")),
    "unknown column": (xlsx(products=[["slug", "prize"], ["x", 1]]), ("products", 1, "prize")),
    "column twice": (xlsx(products=[["slug", "price", "Price"], ["x", 1, 2]]), ("products", 1, "price")),
    "no heads": (xlsx(products=[[None], ["x"]]), ("products", 1, "")),
    "cell beside the columns": (xlsx(products=[["slug", "name"], ["latte", "Latte", "!"]]), ("products", 2, "")),
}


@pytest.mark.parametrize(("content", "where"), ODD.values(), ids=ODD)
def test_sheet_or_column_that_is_none_is_named(content, where):
    ProductFactory(name="Latte")

    assert wrong(read_plan(content, "menu.xlsx"))[0] == where


def test_empty_sheets_and_rows_between_are_no_matter():
    ProductFactory(name="Latte")
    content = xlsx(Sheet1=[], products=[["slug", "name"], [None], [], ["latte", "Latte"], [None, ""]])

    plan = read_plan(content, "menu.xlsx")

    assert (plan.problems, plan.sheets[0].unchanged) == ([], 1)


def test_dates_that_a_spreadsheet_made_are_told(branch):
    book = Workbook()
    book.active.title = "products"
    from datetime import date

    book.active.append(["slug", "name", "category", "price"])
    book.active.append(["x", date(2026, 1, 2), "coffee", 1])
    CategoryFactory(name="Coffee")

    (problem,) = read_plan(saved(book), "menu.xlsx").problems

    assert (problem.column, "date" in problem.why) == ("name", True)


@pytest.mark.parametrize(
    "text", ["\ufeffslug;price\r\nlatte;5,25\r\n", "slug,price\nlatte,5.25", 'slug\tprice\nlatte\t"5.25"']
)
def test_csv_of_any_spreadsheet_is_read(admin_user, text):
    ProductFactory(name="Latte")

    done(text.encode(), admin_user, name="C:\\menu\\Products (1).csv")

    assert f"{Product.objects.get().price}" == "5.25"


def test_limit_of_rows_is_for_all_sheets_together():
    rows = [["name"], *([f"{number}"] for number in range(MAX_ROWS // 2 + 1))]

    with pytest.raises(ValidationError, match="10000 rows"):
        read_tables(xlsx(ingredients=rows, option_groups=rows), "menu.xlsx")
