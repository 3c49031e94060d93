"""Runner of `run.py drill` and `run.py bench`: modules of a package, each in its own process."""

import argparse
import importlib
import os
import pkgutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from signal import SIGINT
from subprocess import STDOUT
from types import ModuleType
from typing import TextIO

from processes import running, stop_on_signals


def main(package: ModuleType, command: str, run: Callable[[ModuleType, str, bool], bool]) -> int:
    """Runs the modules asked for, or all but the package's `TOOLS`. `run(module, name, short)` says if it went well."""
    names = sorted({module.name for module in pkgutil.iter_modules(package.__path__)} - package.TOOLS)
    parser = argparse.ArgumentParser(prog=command, description="\n".join(package.__doc__.splitlines()[2:]))
    parser.add_argument("--short", action="store_true", help="a taste of each, as CI does it")
    parser.add_argument("--jobs", type=int, default=1, help="so many at a time; what one says comes when it has ended")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of: {', '.join(names)}")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if options.alone:
        return 0 if _run_here(package, options.names[0], options.short, run) else 1
    stop_on_signals()
    try:
        failed = _run_apart(package, options.names or names, options.short, options.jobs)
    except KeyboardInterrupt:
        return 130
    print("\nFailed: " + ", ".join(failed) if failed else "\nAll went well.")
    return 1 if failed else 0


def _run_here(package: ModuleType, name: str, short: bool, run: Callable[[ModuleType, str, bool], bool]) -> bool:
    module = importlib.import_module(f"{package.__name__}.{name}")
    print(f"\n=== {name}: {module.__doc__.splitlines()[0]}", flush=True)
    return run(module, name, short)


def _run_apart(package: ModuleType, names: Sequence[str], short: bool, jobs: int) -> list[str]:
    """Returns the names of those that failed. Whatever ends us ends those that are running, and what they started."""
    waiting, going, failed = deque(names), {}, []
    with ExitStack() as stack:
        while waiting or going:
            while waiting and len(going) < max(1, jobs):
                name = waiting.popleft()
                said = stack.enter_context(tempfile.TemporaryFile("w+")) if jobs > 1 else None
                arguments = ["-m", package.__name__, "--alone", *(["--short"] if short else []), name]
                streams = {"stdout": said, "stderr": STDOUT} if said else {}
                started = running(*arguments, env=dict(os.environ), stop_with=SIGINT, **streams)
                going[name] = stack.enter_context(started), said
            for name, (process, said) in list(going.items()):
                if process.poll() is not None:
                    del going[name]
                    _repeat(said)
                    failed += [name] if process.returncode else []
            time.sleep(0.1)
    return failed


def _repeat(said: TextIO | None) -> None:
    if said is not None:
        said.seek(0)
        print(said.read(), end="", flush=True)
