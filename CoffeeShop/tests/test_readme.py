"""The README's walk through the API, carried out as it is printed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from orders.pages import BOARD_TEXTS

TIMEOUT = 120  # seconds; other people load the machine


def walk(readme: str) -> str:
    return re.findall(
        r"```bash\n(SITE=.*?)```", Path(settings.BASE_DIR, readme).read_text(encoding="utf-8"), re.DOTALL
    )[0]


def without_comments(script: str) -> str:
    return re.sub(r"(?m)^#.*\n", "", script)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The demo as a newcomer gets it, on SQLite. Yields the port it listens on, which is not the README's."""
    missing = [tool for tool in ("bash", "curl", "python3") if shutil.which(tool) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI has to install {missing}.")
    if missing:
        pytest.skip(f"{missing} not installed")
    tmp_path = tmp_path_factory.mktemp("shop")
    database = f"sqlite:///{(tmp_path / 'shop.sqlite3').as_posix()}"
    env = {**os.environ, "DATABASE_URL": database, "SECRET_KEY": settings.SECRET_KEY, "ENV_FILE": os.devnull}
    env |= {"REDIS_URL": "", "SITE_URL": "http://127.0.0.1:8000", "MEDIA_ROOT": str(tmp_path)}
    prepare = [sys.executable, "manage.py", "seed_demo", "--migrate"]  # as `run.py` does
    subprocess.run(prepare, cwd=settings.BASE_DIR, env=env, check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-p", str(port), "CoffeeShop.asgi:application"]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env)
    try:
        wait_until_open(port)
        yield port
    finally:
        server.terminate()
        server.wait(TIMEOUT)


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT
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


def bash(script: str, port: int, home: Path) -> subprocess.CompletedProcess:
    """Run it as it is printed: what it sends to port 8000 goes to the shop's own."""
    (home / ".curlrc").write_text(f'connect-to = "127.0.0.1:8000:127.0.0.1:{port}"\nnoproxy = "*"\n')
    env, script = {**os.environ, "CURL_HOME": str(home)}, f"set -euo pipefail\n{script}"
    return subprocess.run(
        [shutil.which("bash")], input=script, env=env, capture_output=True, text=True, timeout=TIMEOUT
    )


def test_readme_walks_through_the_api_as_printed(shop, tmp_path):
    done = bash(walk("README.md"), shop, tmp_path)

    assert done.returncode == 0, done.stderr
    menu, pair, line, cart, order = answers(done.stdout)
    assert "Latte" in [product["name"] for product in menu["results"]]
    assert pair.keys() == {"access", "refresh"}
    assert line["quantity"] == cart["total_quantity"] == 2
    assert order["status"] == "pending"
    assert order["total_price"] == cart["total_price"] == "5.20"


def test_app_developers_page_orders_as_printed(shop, tmp_path):
    done = bash(walk("docs/app-developer.md"), shop, tmp_path)

    assert done.returncode == 0, done.stderr
    menu, cart, order, orders = answers(done.stdout)
    assert "Латте" in [product["name"] for category in menu["categories"] for product in category["products"]]
    assert (cart["problems"], cart["total_price"]) == ([], "5.20")
    assert [order["id"]] == [each["id"] for each in orders["results"]]
    assert order["customer_name"] == "Anna"


@pytest.mark.parametrize(("document", "language"), [("barista.md", "en"), ("barista.ru.md", "ru")])
def test_baristas_page_names_what_the_board_has(client, branch, document, language):
    branch.language = language
    branch.save()
    page = unescape(client.get("/board/main/").content.decode())
    with override(language):
        shown = page + json.dumps(BOARD_TEXTS, default=str, ensure_ascii=False)
    text = Path(settings.BASE_DIR, "docs", document).read_text(encoding="utf-8")

    named = re.findall(r"\*\*(.+?)\*\*", text)
    assert len(named) > 10
    assert [name for name in named if name not in shown] == []


@pytest.mark.parametrize(("readme", "suffix"), [("README.md", ".md"), ("README.ru.md", ".ru.md")])
def test_readme_leads_to_a_page_for_each_reader(readme, suffix):
    text = Path(settings.BASE_DIR, readme).read_text(encoding="utf-8")

    for page in ("app-developer.md", f"barista{suffix}", f"owner{suffix}", "operations.md"):
        assert f"(docs/{page})" in text
        assert Path(settings.BASE_DIR, "docs", page).exists()


def test_both_readmes_walk_the_same_way():
    assert without_comments(walk("README.ru.md")) == without_comments(walk("README.md"))
