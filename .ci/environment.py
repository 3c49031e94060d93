"""The virtual environment of a checkout, and the variables its processes get. Standard library only."""

import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import installer
from CoffeeShop import envfile

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

CONFIGURATION = {"REDIS_URL", "EMAIL_URL", "SITE_URL", "DEBUG", "ALLOWED_HOSTS", "CELERY_BROKER_URL", "CURRENCY"}


def refuse(sentence: str, exit_code: int = 1) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(exit_code)


def prepare(*lists: str) -> None:
    """Make the environment unless there is a sound one, and install what these lists of requirements name."""
    if not is_sound():
        make_venv()
    for name in lists:
        install(ROOT / name)


def is_sound() -> bool:
    """Missing, moved, half made or left by another Python: each of these shows when it is asked."""
    question = [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(question, capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """Without pip, which takes longer to install than all the rest takes with uv."""
    require_writable(ROOT)
    print("Making .venv ...", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", VENV]).returncode:
        refuse(f"Could not make .venv with {sys.executable}; the reason is above.")


def install(requirements: Path) -> None:
    """A stamp in the environment says which list was installed last; only success writes it."""
    stamp = VENV / f"{requirements.relative_to(ROOT).with_suffix('').as_posix().replace('/', '-')}.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    require_writable(VENV)
    stamp.unlink(missing_ok=True)
    if not installer.install(PYTHON, VENV, requirements, ROOT / "requirements-dev.txt"):
        refuse("Could not download packages; check the network and run again.")
    stamp.write_text(wanted)


def require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        refuse(f"Cannot write to {folder}: copy CoffeeShop to a directory of your own and run it there.")


def site_packages() -> str:
    question = [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"]
    return subprocess.run(question, capture_output=True, check=True, text=True).stdout.strip()


def environment(**changes: str) -> dict[str, str]:
    """A DJANGO_SETTINGS_MODULE of another project must not win; texts are UTF-8 on every terminal.

    Images of Python often forbid bytecode, and then each of our many processes compiles Django anew: for seconds.
    """
    ours = {"DJANGO_SETTINGS_MODULE": "CoffeeShop.settings", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
    ours |= {"PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **ours, **changes}


def isolated_environment(**changes: str) -> dict[str, str]:
    """For tests and checks: nothing of a developer's own configuration leaks in."""
    kept = {
        name: value
        for name, value in environment().items()
        if name not in CONFIGURATION and not name.startswith("PG")  # PGSSLMODE and its kin steer psycopg2
    }
    return {**kept, "ENV_FILE": os.devnull, "SECRET_KEY": secrets.token_urlsafe(50), **changes}


def setting(name: str) -> str:
    """Read a setting as the server will: from the environment first, then from the file."""
    if name in os.environ:
        return os.environ[name]
    try:
        file = envfile.env_file(ROOT)
        return envfile.read(file).get(name, "") if file else ""
    except envfile.Refused as error:
        refuse(f"CoffeeShop cannot start: {error}")
