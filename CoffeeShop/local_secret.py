import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_make_secret(path: Path) -> str:
    """The secret key of an installation nobody has configured: made once, then read.

    Two processes may start at the same moment: the file is linked into place whole, and whoever is second reads it.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(get_random_secret_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
