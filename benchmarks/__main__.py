"""`python -m benchmarks [--short] [NAME ...]`: one benchmark after the other, each in a process of its own."""

import sys
from types import ModuleType

import benchmarks
import series
from benchmarks import charts, results


def run(benchmark: ModuleType, name: str, short: bool) -> bool:
    tables = benchmark.bench(short)
    print("\n" + "\n\n".join(map(results.drawn, tables)), flush=True)
    if not short:
        results.write(name, tables)
        if rows := getattr(benchmark, "CHARTED", []):
            charts.write(tables[0], rows)
    return True


if __name__ == "__main__":
    sys.exit(series.main(benchmarks, "run.py bench", run))
