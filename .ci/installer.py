"""Installing a list of requirements with hashes: by uv, which is fetched into the environment, or else by pip.

Neither needs pip in the environment: Python brings a wheel of it along, which runs as it is.
"""

import ensurepip
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WHEELS = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))  # Debian keeps them apart
QUIETLY = ("--quiet", "--require-hashes")
BAR = 30  # characters


def install(python: str, environment: Path, requirements: Path, tools: Path) -> bool:
    """Install the packages, with uv or else pip; False after a failure, which was printed. `tools` is the list that
    pins uv.
    """
    text = requirements.read_text(encoding="utf-8")
    with progress(f"Installing packages from {requirements.name}", environment, len(re.findall("(?m)^[^ #]+==", text))):
        if has_uv(python) or fetch_uv(python, environment, tools):
            command = [python, "-m", "uv", "pip", "install", *QUIETLY, "--python", python, "-r", requirements]
            if subprocess.run(command, env=for_uv()).returncode == 0:
                return True
            print("\nuv could not do it; trying pip ...", flush=True)
        return subprocess.run([*pip(python), "install", *QUIETLY, "-r", requirements]).returncode == 0


def has_uv(python: str) -> bool:
    return subprocess.run([python, "-c", "import uv"], capture_output=True).returncode == 0


def fetch_uv(python: str, environment: Path, tools: Path) -> bool:
    pinned = re.search(r"(?m)^uv==.*\\\n(?:    --hash=.*\n)+", tools.read_text(encoding="utf-8"))[0]
    only_uv = environment / "uv.txt"
    only_uv.write_text(pinned)
    return subprocess.run([*pip(python), "install", *QUIETLY, "-r", only_uv], capture_output=True).returncode == 0


def pip(python: str) -> list[str]:
    quiet = "--disable-pip-version-check"
    for wheel in (wheel for folder in WHEELS for wheel in sorted(folder.glob("pip-*.whl"))):
        return [python, str(wheel / "pip"), quiet]
    return [sys.executable, "-m", "pip", quiet, "--python", python]


def for_uv() -> dict[str, str]:
    """Environment for uv: pip's index and certificates become uv's, as people have told pip the way to PyPI."""
    told = {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}
    ours = {name: os.environ[pips] for name, pips in told.items() if os.environ.get(pips) and name not in os.environ}
    return {"UV_HTTP_TIMEOUT": "20", **os.environ, **ours, "UV_NO_CONFIG": "1"}


@contextmanager
def progress(title: str, environment: Path, total: int) -> Iterator[None]:
    """A bar on a terminal, a line elsewhere; what is there already counts."""
    if not sys.stdout.isatty():
        print(f"{title} (first run, about a quarter of a minute) ...", flush=True)
        yield
        return
    is_over, began = threading.Event(), time.monotonic()

    def draw() -> None:
        while not is_over.wait(0.2):
            number = min(total, len([*environment.glob("[Ll]ib/**/*.dist-info")]))
            bar = "#" * (BAR * number // max(1, total))
            print(f"\r{title} [{bar:.<{BAR}}] {number}/{total}, {time.monotonic() - began:.0f} s ", end="", flush=True)

    drawer = threading.Thread(target=draw, daemon=True)
    drawer.start()
    try:
        yield
    finally:
        is_over.set()
        drawer.join()
        print(flush=True)
