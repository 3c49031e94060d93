import os
import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

WAIT_SECONDS = 2.0  # for another process that is just writing it


def read_or_make_secret(path: Path) -> str:
    """The secret key of an installation nobody has configured: made once, then read.

    Two processes may start at the same moment: only one can make the file, and the other waits for what is in it.
    """
    try:
        _make(path)
        return _read(path)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no text"
        raise ImproperlyConfigured(f"{path} cannot be used ({reason}). Mend that, or set SECRET_KEY.") from None


def _make(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(get_random_secret_key())
    except OSError:  # the disk is full
        path.unlink()
        raise


def _read(path: Path) -> str:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (text := path.read_text().strip()):
        if time.monotonic() > deadline:
            raise ImproperlyConfigured(f"{path} is empty: delete it, and a new key is made.")
        time.sleep(0.01)
    return text
