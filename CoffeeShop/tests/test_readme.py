"""The README's walk through the API, carried out as it is printed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

PATIENCE = 120  # seconds; other people load the machine


def walk(readme: str) -> str:
    return re.findall(
        r"```bash\n(SITE=.*?)```", Path(settings.BASE_DIR, readme).read_text(encoding="utf-8"), re.DOTALL
    )[0]


def without_comments(script: str) -> str:
    return re.sub(r"(?m)^#.*\n", "", script)


@pytest.fixture
def shop(tmp_path):
    """The demo as a newcomer gets it, on SQLite. Yields the port it listens on, which is not the README's."""
    missing = [tool for tool in ("bash", "curl", "python3") if shutil.which(tool) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI has to install {missing}.")
    if missing:
        pytest.skip(f"{missing} not installed")
    database = f"sqlite:///{(tmp_path / 'shop.sqlite3').as_posix()}"
    env = {**os.environ, "DATABASE_URL": database, "SECRET_KEY": settings.SECRET_KEY, "ENV_FILE": os.devnull}
    env |= {"REDIS_URL": "", "SITE_URL": "http://127.0.0.1:8000", "MEDIA_ROOT": str(tmp_path)}
    for command in ("migrate", "seed_demo"):
        subprocess.run([sys.executable, "manage.py", command], cwd=settings.BASE_DIR, env=env, check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-p", str(port), "CoffeeShop.asgi:application"]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env)
    try:
        wait_until_open(port)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE)


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def answers(output: str) -> list[dict]:
    """The JSON answers, which curl prints one right after the other."""
    found, decoder, rest = [], json.JSONDecoder(), output.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        found.append(answer)
        rest = rest[end:].strip()
    return found


def test_readme_walks_through_the_api_as_printed(shop, tmp_path):
    (tmp_path / ".curlrc").write_text(f'connect-to = "127.0.0.1:8000:127.0.0.1:{shop}"\nnoproxy = "*"\n')
    env = {**os.environ, "CURL_HOME": str(tmp_path)}
    script = "set -euo pipefail\n" + walk("README.md")

    done = subprocess.run(
        [shutil.which("bash")], input=script, env=env, capture_output=True, text=True, timeout=PATIENCE
    )

    assert done.returncode == 0, done.stderr
    menu, pair, line, cart, order = answers(done.stdout)
    assert "Latte" in [product["name"] for product in menu["results"]]
    assert pair.keys() == {"access", "refresh"}
    assert line["quantity"] == cart["total_quantity"] == 2
    assert order["status"] == "pending"
    assert order["total_price"] == cart["total_price"] == "5.20"


def test_both_readmes_walk_the_same_way():
    assert without_comments(walk("README.ru.md")) == without_comments(walk("README.md"))
