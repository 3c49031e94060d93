"""`python -m benchmarks [--short] [NAME ...]`: one benchmark after the other, each in a process of its own."""

import argparse
import importlib
import pkgutil
import subprocess
import sys

import benchmarks
from benchmarks import charts, results


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", description="\n".join(benchmarks.__doc__.splitlines()[2:]))
    parser.add_argument("--short", action="store_true", help="a taste of each, as CI does it; writes no results")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(names())}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if options.alone:
        return run(options.names[0], options.short)
    failed = [name for name in options.names or names() if in_own_process(name, options.short)]
    print("\nFailed: " + ", ".join(failed) if failed else "\nAll measured.")
    return 1 if failed else 0


def names() -> list[str]:
    return sorted({module.name for module in pkgutil.iter_modules(benchmarks.__path__)} - benchmarks.TOOLS)


def in_own_process(name: str, short: bool) -> int:
    options = ["--short"] if short else []
    return subprocess.run([sys.executable, "-m", "benchmarks", "--alone", *options, name]).returncode


def run(name: str, short: bool) -> int:
    benchmark = importlib.import_module(f"benchmarks.{name}")
    print(f"\n=== {name}: {benchmark.__doc__.splitlines()[0]}", flush=True)
    tables = benchmark.bench(short)
    print("\n" + "\n\n".join(map(results.drawn, tables)), flush=True)
    if not short:
        results.write(name, tables)
        if rows := getattr(benchmark, "CHARTED", []):
            charts.write(tables[0], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
