"""The records of decisions: numbered without holes, and all in the index."""

import re

from django.conf import settings

FOLDER = settings.BASE_DIR / "docs" / "adr"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def test_decisions_are_numbered_without_holes():
    numbers = [int(path.name[:4]) for path in RECORDS]

    assert numbers == list(range(1, len(RECORDS) + 1))


def test_index_lists_every_decision_by_its_title():
    listed = re.findall(r"(?m)^- \[(\d{4})\]\((.+?)\) (.+)$", (FOLDER / "README.md").read_text(encoding="utf-8"))

    titles = [path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for path in RECORDS]
    assert listed == [(path.name[:4], path.name, title) for path, title in zip(RECORDS, titles, strict=True)]
