"""Reading `.env` strictly. Standard library only: `run.py` reads it before anything is installed."""

import os
import re
from pathlib import Path

ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
QUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"")
ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ufeff]")


class Refused(ValueError):
    """Error of the env file, in one sentence that names the line and quotes nothing of it: there may be a password in
    it.
    """


def env_file(root: Path) -> Path | None:
    """The file that ENV_FILE names, or else `.env`, if there is one. Raises Refused when a named one is away."""
    named = os.environ.get("ENV_FILE", "")
    file = Path(named) if named else root / ".env"
    if named and (not file.exists() or file.is_dir()):
        raise Refused("ENV_FILE names no file.")
    return file if file.is_file() else None


def read(file: Path) -> dict[str, str]:
    """The settings in the file; of two lines for one name the last one counts. Raises Refused."""
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise Refused(f"{file} is no UTF-8 text.") from None
    if text.startswith("\ufeff"):
        raise Refused(f"{file}, line 1 begins with a byte order mark: save it as UTF-8 without one.")
    found = {}
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if line and not line.startswith("#"):
            name, value = _parse(line, f"{file}, line {number}")
            found[name] = value
    return found


def _parse(line: str, where: str) -> tuple[str, str]:
    if ODD.search(line):
        raise Refused(f"{where} has a character that nobody can see.")
    assignment = ASSIGNMENT.fullmatch(line)
    if assignment is None:
        raise Refused(f"{where} is no NAME=value; no spaces belong around the equals sign.")
    name, value = assignment[1], assignment[2].strip()
    if quoted := QUOTED.fullmatch(value):
        return name, quoted[1] if quoted[2] is None else re.sub(r"\\(.)", r"\1", quoted[2])
    if value[:1] in {"'", '"'}:
        raise Refused(f"{where} has a quotation mark too few or too many, or a comment after the value.")
    if re.search(r"\s#", value):
        raise Refused(f"{where} has a comment after the value: give it a line of its own, or quote the value.")
    return name, value
