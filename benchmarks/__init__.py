"""Benchmarks of the shop beside its alternatives and the machine's limits: `python run.py bench`.

Every module of this package but the few that share tools is one benchmark: its docstring says what is compared, its
`bench(short)` measures it and returns the tables. Servers run on one core; the client, PostgreSQL and Redis on another.
Candidates take turns, round by round, and every answer is checked. `rivals` are the programs we compare with.

Nothing listens beyond 127.0.0.1, and everything ends by itself. RESULTS.md is written by full runs.
"""

from typing import NamedTuple

TOOLS = {"__main__", "charts", "fill", "idle", "load", "machine", "results", "rivals", "rounds", "stage"}
TOOLS |= {"talk", "trivial", "trivial_settings"}


class Table(NamedTuple):
    """A table of RESULTS.md. Cells are text already."""

    title: str
    head: list[str]
    rows: list[list[str]]
