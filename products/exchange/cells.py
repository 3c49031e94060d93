"""Parse cells into values of columns; an error says in a person's words what the cell cannot be."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from rest.spreadsheets import restored, without_controls

AMOUNT = re.compile(r"-?[0-9]{1,8}([.,][0-9]{1,2})?")
NUMBER = re.compile(r"[0-9]{1,10}")
YES = {"true", "yes", "1", "да", "истина"}  # as people write it, and as spreadsheets in Russian do
NO = {"false", "no", "0", "нет", "ложь"}
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Broken:
    """A cell that holds no value: a formula, or an error of the spreadsheet."""

    text: str
    is_formula: bool


@dataclass(frozen=True)
class Problem:
    """Error of one cell, with its place; `row` 0 is the sheet as a whole."""

    sheet: str
    row: int
    column: str
    cell: str
    why: str


def clean(text: str) -> str:
    """A text as it is kept: what files cannot hold, and what only differs in form, is no difference."""
    lines = without_controls(text).replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines).strip()


def shortened(cell: object) -> str:
    text = cell.text if isinstance(cell, Broken) else "" if cell is None else str(cell)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def text_of(cell: object) -> str:
    """Raises ValidationError."""
    if isinstance(cell, Broken):
        raise ValidationError(
            _("This is a formula: put its value there instead.")
            if cell.is_formula
            else _("The spreadsheet shows an error here.")
        )
    if isinstance(cell, date | time | timedelta):
        raise ValidationError(_("The spreadsheet has made a date of this: format the cell as text and type it again."))
    if isinstance(cell, float):
        return f"{cell:.15g}"  # as the spreadsheet shows it
    return "" if cell is None else clean(restored(str(cell)))


def value_of(cell: object, field: models.Field) -> object:
    """The value of the model's field. Raises ValidationError. An empty cell is an empty text, or None."""
    text = text_of(cell)
    if not text:
        return "" if isinstance(field, models.CharField | models.TextField) else None
    read = next(read for kind, read in READERS if isinstance(field, kind))
    value = read(text)
    field.run_validators(value)
    if isinstance(field, models.TextField) and len(text) > field.max_length:
        raise ValidationError(_("At most %(most)d characters; here are %(number)d.") % _lengths(field, text))
    return value


def _lengths(field: models.Field, text: str) -> dict:
    return {"most": field.max_length, "number": len(text)}


def amount(text: str) -> Decimal:
    if not AMOUNT.fullmatch(text):
        raise ValidationError(_("Enter an amount such as 4.50."))
    return Decimal(text.replace(",", ".")).quantize(Decimal("0.01"))


def number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise ValidationError(_("Enter a whole number such as 12."))
    return int(text)


def flag(text: str) -> bool:
    word = text.lower()
    if word not in YES | NO:
        raise ValidationError(_("Enter yes or no."))
    return word in YES


READERS = (
    (models.CharField | models.TextField, str),
    (models.DecimalField, amount),
    (models.BooleanField, flag),
    (models.IntegerField, number),
)


def shown(value: object) -> str:
    """A value in the preview."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return "" if value is None else str(value)
