import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from CoffeeShop.environment import Environment, refusing
from CoffeeShop.local_secret import read_or_make_secret


def test_secret_is_made_once_by_whoever_comes_first(tmp_path):
    path = tmp_path / ".secret_key"

    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(read_or_make_secret, [path] * 32))

    assert secrets == {path.read_text()}
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text()) >= 32


def test_secret_needs_no_hard_links(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "link")

    assert len(read_or_make_secret(tmp_path / ".secret_key")) >= 32


def make_nothing(path: Path) -> Path:
    return path / "nowhere" / ".secret_key"


def make_folder(path: Path) -> Path:
    (path / "folder").mkdir()
    return path / "folder"


def make_empty(path: Path) -> Path:
    (path / "empty").touch()
    return path / "empty"


def make_binary(path: Path) -> Path:
    (path / "binary").write_bytes(b"\xff\xfe\x00")
    return path / "binary"


@pytest.mark.parametrize(
    "make",
    [make_nothing, make_folder, make_empty, make_binary, lambda path: path / ("x" * 300), lambda _: Path("/proc/x")],
)
def test_secret_that_cannot_be_kept_is_one_sentence(tmp_path, make):
    with pytest.raises(ImproperlyConfigured, match=r"cannot be used|delete it"):
        read_or_make_secret(make(tmp_path))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_full_disk_leaves_no_empty_secret(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from CoffeeShop import local_secret as l;"
        "make = os.open; os.open = lambda path, *how: make('/dev/full', os.O_WRONLY);"
        "Path.unlink = lambda path: print('removed');"
        "l.read_or_make_secret(Path(sys.argv[1]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")], cwd=settings.BASE_DIR, capture_output=True, text=True
    )

    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert done.stdout == "removed\n"


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "Permission denied", "/x"), OSError(28, "No space left on device"), OSError(30, "Read-only")],
)
def test_disk_trouble_at_the_start_is_one_sentence(capsys, error):
    with pytest.raises(SystemExit), refusing():
        raise error

    assert capsys.readouterr().err.startswith("CoffeeShop cannot go on: ")


def test_other_trouble_keeps_its_traceback():
    with pytest.raises(ConnectionRefusedError), refusing():
        raise ConnectionRefusedError(111, "Connection refused")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_commands_say_everything_on_any_terminal(encoding):
    code = "from CoffeeShop.environment import Environment, refusing\nwith refusing(): print('Сырники 3 €')"
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}

    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=env, capture_output=True)

    assert done.returncode == 0
    assert b"\\u0421" in done.stdout


@pytest.mark.parametrize("name", ["c#", "what?", "plus+", "a%20b", "sp ace", "кофе", "per%cent", "a&b;c"])
def test_database_lies_in_its_checkout_whatever_the_name(tmp_path, monkeypatch, name):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / name / "db.sqlite3"
    file.parent.mkdir()

    database = Environment().database("DATABASE_URL", default=file)
    sqlite3.connect(database["NAME"], uri=True).close()

    assert file.exists()
