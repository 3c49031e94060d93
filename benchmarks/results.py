"""RESULTS.md: what a run printed stands between its two marks, the words around it are ours and stay."""

import re
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import Table, machine

FILE = Path(__file__).with_name("RESULTS.md")


def write(name: str, tables: list[Table]) -> None:
    """Put the tables of one benchmark in the place of what it found last time."""
    ran = f"`python run.py bench {name}`, {datetime.now(UTC):%Y-%m-%d}."
    replace(name, "\n\n".join([ran, *map(drawn, tables)]))
    replace("machine", "\n\n".join(machine.described()))


def replace(name: str, text: str) -> None:
    page = FILE.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->\n)", re.DOTALL)
    if not marks.search(page):
        page += f"\n## {name}\n\n<!-- {name} -->\n<!-- /{name} -->\n"
    FILE.write_text(marks.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page), encoding="utf-8")


def drawn(table: Table) -> str:
    rule = ["---", *("---:" for _ in table.head[1:])]
    lines = ["| " + " | ".join(cells) + " |" for cells in (table.head, rule, *table.rows)]
    return "\n".join([f"**{table.title}**", "", *lines])
