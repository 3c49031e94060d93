"""Candidates take turns, so that a machine that gets slower or faster meanwhile is the same to all of them."""

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

from benchmarks import Table


class Pace(NamedTuple):
    rounds: int
    seconds: float

    @classmethod
    def of(cls, short: bool) -> "Pace":
        return cls(1, 0.5) if short else cls(5, 1.0)


class Series(NamedTuple):
    """One candidate's figures, round by round."""

    figures: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def spread(self) -> str:
        return f"{min(self.figures):,.0f} – {max(self.figures):,.0f}"

    def ratio_to(self, other: "Series") -> float:
        """The median of what each round says, rather than the quotient of two medians."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.figures, other.figures, strict=True))


def take_turns(candidates: Mapping[str, Callable[[float], float]], pace: Pace) -> dict[str, Series]:
    """Each candidate measures for so many seconds and returns its figure. The first turn only warms up."""
    series = {name: Series([]) for name in candidates}
    for number in range(pace.rounds + 1):
        for name, measure in candidates.items():
            figure = measure(pace.seconds if number else min(1.0, pace.seconds))
            if number:
                series[name].figures.append(figure)
    for name, measured in series.items():
        print(f"  {name}: {measured.median:,.0f} ({measured.spread})", flush=True)
    return series


def compared(title: str, series: Mapping[str, Series], *, to: list[str], unit: str = "requests/s") -> Table:
    """A row for each candidate, with its ratio to some of them."""
    head = ["", unit, "lowest – highest", *(f"× {other}" for other in to)]
    rows = [
        [name, f"{one.median:,.0f}", one.spread, *(f"{one.ratio_to(series[other]):.2f}" for other in to)]
        for name, one in series.items()
    ]
    return Table(title, head, rows)
