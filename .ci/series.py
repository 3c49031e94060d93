"""Runner of `run.py drill` and `run.py bench`: modules of a package, one after the other, each in its own process."""

import argparse
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType


def main(package: ModuleType, command: str, run: Callable[[ModuleType, str, bool], bool]) -> int:
    """Runs the modules asked for, or all but the package's `TOOLS`. `run(module, name, short)` says if it went well."""
    names = sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - package.TOOLS)
    parser = argparse.ArgumentParser(prog=command, description="\n".join(package.__doc__.splitlines()[2:]))
    parser.add_argument("--short", action="store_true", help="a taste of each, as CI does it")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(names)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if options.alone:
        return 0 if _run_here(package, options.names[0], options.short, run) else 1
    failed = [name for name in options.names or names if _run_apart(package, name, options.short)]
    print("\nFailed: " + ", ".join(failed) if failed else "\nAll went well.")
    return 1 if failed else 0


def _run_here(package: ModuleType, name: str, short: bool, run: Callable[[ModuleType, str, bool], bool]) -> bool:
    module = importlib.import_module(f"{package.__name__}.{name}")
    print(f"\n=== {name}: {module.__doc__.splitlines()[0]}", flush=True)
    return run(module, name, short)


def _run_apart(package: ModuleType, name: str, short: bool) -> int:
    options = ["--short"] if short else []
    return subprocess.run([sys.executable, "-m", package.__name__, "--alone", *options, name]).returncode
