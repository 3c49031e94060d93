"""The picture that the README shows: bars, readable on light and dark pages."""

from html import escape
from pathlib import Path

from benchmarks import Table

FILE = Path(__file__).with_name("chart.svg")
WIDTH, LABELS, FIGURES, ROW, TOP = 760, 210, 70, 30, 44
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.figure { font-variant-numeric: tabular-nums }
rect { fill: #8c959f }
.ours { fill: #8a4b1f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  rect { fill: #6e7681 }
  .ours { fill: #d9894e }
}
"""


def write(table: Table, names: list[str]) -> None:
    """A bar for each of these rows, as long as the figure in its first column."""
    figures = {row[0]: float(row[1].replace(",", "")) for row in table.rows if row[0] in names}
    title = f"{table.title.replace('`', '')}: {table.head[1]} on one core"
    FILE.write_text(drawn(title, figures), encoding="utf-8")


def drawn(title: str, figures: dict[str, float]) -> str:
    height = TOP + ROW * len(figures)
    largest = max(figures.values())
    bars = "\n".join(bar(number, name, figure, largest) for number, (name, figure) in enumerate(figures.items()))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">
<title>{escape(title)}</title>
<style>{STYLE}</style>
<text class="title" x="0" y="20">{escape(title)}</text>
{bars}
</svg>
"""


def bar(number: int, name: str, figure: float, largest: float) -> str:
    y, length = TOP + ROW * number, max(2, (WIDTH - LABELS - FIGURES) * figure / largest)
    kind = ' class="ours"' if name.startswith("CoffeeShop") else ""
    return (
        f'<text x="{LABELS - 10}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
        f'<rect{kind} x="{LABELS}" y="{y}" width="{length:.0f}" height="20" rx="3"/>'
        f'<text class="figure" x="{LABELS + length + 8:.0f}" y="{y + 15}">{figure:,.0f}</text>'
    )
