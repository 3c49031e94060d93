"""Texts in spreadsheets: no cell is a formula, and each text comes back as it was."""

import re

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What spreadsheets take for the beginning of a formula, also in full width; behind apostrophes it was defused already.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# Beginnings of cells where a spreadsheet splits a line of CSV elsewhere than we do: its country decides at what.
SPLIT = re.compile(r"[;,|\t\r\n][\s\"]*(?=[=+\-@＝＋－＠])")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # which XML cannot hold


def without_controls(text: str) -> str:
    return CONTROLS.sub("", text)


def defused(value: object) -> object:
    """A text that a spreadsheet would take for a formula begins with an apostrophe; numbers stay what they are."""
    if not isinstance(value, str):
        return value
    text = without_controls(value)
    return f"'{text}" if FORMULA.match(text) else text


def restored(text: str) -> str:
    """Inverse of `defused`."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def unsplittable(value: object) -> object:
    """A text of a CSV file in which no part is a formula either, wherever a line is split. Not undone by `restored`."""
    return SPLIT.sub(r"\g<0>'", value) if isinstance(value, str) else value
