import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from environment import isolated_environment, refuse
from postgres import free_port, throwaway_postgres
from processes import require, running

HTTP = build_opener(ProxyHandler({}))  # the server is on this machine, whatever proxy the environment names


@contextmanager
def open_shop(settings: str = "CoffeeShop.settings") -> Iterator[str]:
    """A shop with the demo's data on a PostgreSQL of its own. Yields its address, when it answers there."""
    with TemporaryDirectory(prefix="coffeeshop-contract-") as folder, throwaway_postgres() as database:
        site = f"http://127.0.0.1:{free_port()}"
        env = isolated_environment(DATABASE_URL=database.url, SITE_URL=site, MEDIA_ROOT=folder, LOG_LEVEL="ERROR")
        env["DJANGO_SETTINGS_MODULE"] = settings
        for command in ("migrate", "seed_demo"):
            require("manage.py", command, "--verbosity=0", env=env)
        daphne = ("-m", "daphne", "--port", site.rpartition(":")[2], "--access-log", str(Path(folder) / "access"))
        with running(*daphne, "CoffeeShop.asgi:application", env=env):
            wait_until_ready(site)
            yield site


def wait_until_ready(site: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            HTTP.open(f"{site}/readyz", timeout=5).close()
            return
        except (URLError, OSError):
            time.sleep(0.1)
    refuse("The server did not answer within a minute.")
