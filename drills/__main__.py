"""`python -m drills [--short] [NAME ...]`: run drills one after the other, each in a process of its own."""

import argparse
import importlib
import pkgutil
import subprocess
import sys
import time

import drills


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py drill", description="\n".join(drills.__doc__.splitlines()[2:]))
    parser.add_argument("--short", action="store_true", help="a taste of each, as CI does it")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(names())}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"there is no drill {', '.join(sorted(unknown))}")
    if options.alone:
        return run(options.names[0], options.short)
    failed = [name for name in options.names or names() if in_own_process(name, options.short)]
    print("\nFailed: " + ", ".join(failed) if failed else "\nAll drills passed.")
    return 1 if failed else 0


def names() -> list[str]:
    return sorted({module.name for module in pkgutil.iter_modules(drills.__path__)} - drills.TOOLS)


def in_own_process(name: str, short: bool) -> int:
    options = ["--short"] if short else []
    return subprocess.run([sys.executable, "-m", "drills", "--alone", *options, name]).returncode


def run(name: str, short: bool) -> int:
    drill = importlib.import_module(f"drills.{name}")
    print(f"\n=== {name}: {drill.__doc__.splitlines()[0]}", flush=True)
    began = time.monotonic()
    try:
        figures = drill.drill(short)
    except drills.Failed as error:
        print(f"  FAILED: {error}", flush=True)
        return 1
    for what, figure in {**figures, "seconds": round(time.monotonic() - began)}.items():
        print(f"  {what}: {figure}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
