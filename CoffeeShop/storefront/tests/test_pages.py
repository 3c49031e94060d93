"""What the server knows of the storefront: its addresses, the menu to print, and what makes it an app."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from CoffeeShop.storefront import views
from CoffeeShop.storefront.texts import texts
from products.tests.factories import BranchFactory, BranchProductFactory, ProductFactory

pytestmark = pytest.mark.django_db

EVIL = "</script><script>evil()</script><img src=x onerror=evil()>"
SCREENS = [
    *("/", "/branches/", "/at/main/", "/at/main/7/", "/cart/", "/orders/", "/orders/7/", "/stamps/", "/profile/"),
    "/profile/sign-in/",
]
EMBEDDED = re.compile(r'<script type="application/json" id="first-.*?</script>')
STATIC = Path(finders.find("storefront/main.js")).parent


def scripts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}


def without_data(response) -> list[str]:
    return EMBEDDED.sub("", response.content.decode()).split()


def embedded(page: str, name: str) -> tuple[dict | list, dict[str, str]]:
    """The data of that `<script>`, and its `data-` attributes."""
    (attributes, data) = re.search(f'<script type="application/json" id="{name}"(.*?)>(.*?)</script>', page).groups()
    return json.loads(data), {key: unescape(value) for key, value in re.findall(r'data-(\w+)="(.*?)"', attributes)}


def linked_data(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize("address", SCREENS)
def test_every_screen_is_the_same_page(anonymous, branch, address):
    response = anonymous.get(address)

    assert response.status_code == 200
    assert without_data(response) == without_data(anonymous.get("/"))


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("address", "slug"), [("/", "main"), ("/at/corner/", "corner"), ("/at/corner/7/", "corner")])
def test_menus_page_embeds_what_the_api_answers(anonymous, branch, address, slug, language):
    corner = BranchFactory(slug="corner")
    ProductFactory(name="Latte", translations={"ru": {"name": "Латте"}})
    BranchProductFactory(branch=corner, product=ProductFactory(name=EVIL), price="4.20")

    page = anonymous.get(address, HTTP_ACCEPT_LANGUAGE=language).content.decode()

    menu = anonymous.get(f"/api/branches/{slug}/menu/", HTTP_ACCEPT_LANGUAGE=language)
    branches = anonymous.get("/api/branches/", HTTP_ACCEPT_LANGUAGE=language)
    shown, attributes = embedded(page, "first-menu")
    assert shown == menu.json()
    assert (attributes["slug"], attributes["etag"]) == (slug, menu["ETag"])
    assert embedded(page, "first-branches")[0] == branches.json()["results"]


@pytest.mark.parametrize("address", ["/cart/", "/orders/", "/profile/", "/at/nowhere/", "/at/gone/"])
def test_other_pages_embed_no_menu(anonymous, branch, address):
    BranchFactory(slug="gone", is_active=False)

    page = anonymous.get(address)

    assert page.status_code == 200
    assert b"first-menu" not in page.content


@pytest.mark.django_db(transaction=True)
def test_embedded_menu_is_cached_until_the_catalogue_changes(anonymous, branch):
    product = ProductFactory(name="Latte")
    anonymous.get("/")
    with CaptureQueriesContext(connection) as queries:
        anonymous.get("/")

    product.name = "Flat white"
    product.save()

    assert len(queries) == 1  # branches for those without a script
    assert b"Flat white" in anonymous.get("/").content


def test_only_the_storefront_may_ask_where_somebody_is(anonymous):
    policies = [anonymous.get(address)["Permissions-Policy"] for address in ("/", "/developers/")]

    assert "geolocation=(self)" in policies[0]
    assert "geolocation=()" in policies[1]


def test_storefront_without_javascript_leads_to_the_menus(anonymous, branch):
    BranchFactory(slug="gone", is_active=False)

    page = anonymous.get("/").content.decode()

    assert re.findall(r'href="/menu/([\w-]+)/"', page) == ["main"]


def test_menu_page_shows_branch_prices_and_sold_out_products(anonymous, branch):
    latte, cake = ProductFactory(name="Latte", price="3.90"), ProductFactory(name="Cake")
    BranchProductFactory(branch=branch, product=latte, price="4.20")
    BranchProductFactory(branch=branch, product=cake, stock=0)

    page = anonymous.get("/menu/main/").content.decode()

    items = [item for section in linked_data(page)["hasMenuSection"] for item in section["hasMenuItem"]]
    offers = {item["name"]: item["offers"] for item in items}
    assert "4.20" in page
    assert page.count('class="sold-out"') == 1
    assert offers["Latte"]["price"] == "4.20"
    assert offers["Cake"]["availability"] == "https://schema.org/SoldOut"


def test_menu_page_shows_scripts_in_names_as_text(anonymous, branch):
    ProductFactory(name=EVIL, description=EVIL)

    page = anonymous.get("/menu/main/").content.decode()

    assert page.count("<script") == 1
    assert "<img" not in page
    assert linked_data(page)["hasMenuSection"][0]["hasMenuItem"][0]["name"] == EVIL


def test_menu_page_costs_the_same_however_long_the_menu(anonymous, branch):
    counts = []
    for more in (3, 9):
        ProductFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            anonymous.get("/menu/main/")
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize("slug", ["nowhere", "gone"])
def test_menu_page_of_no_branch_is_404(anonymous, slug):
    BranchFactory(slug="gone", is_active=False)

    assert anonymous.get(f"/menu/{slug}/").status_code == 404


def test_storefront_speaks_the_readers_language(anonymous, branch):
    for address in ("/", "/menu/main/"):
        page = anonymous.get(address, HTTP_ACCEPT_LANGUAGE="ru")

        assert '<html lang="ru">' in page.content.decode()
        assert "Accept-Language" in page["Vary"]


def test_manifest_names_icons_that_are_there(anonymous):
    manifest = anonymous.get("/manifest.webmanifest").json()

    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in manifest["icons"])


def test_service_worker_keeps_every_module_of_the_storefront(anonymous):
    response = anonymous.get("/service-worker.js")

    kept = set(json.loads(re.search(r"const FILES = (\[.*?\]);", response.content.decode())[1]))
    imported = {
        str((STATIC / name).resolve().relative_to(STATIC.parent)) if name.startswith("./") else name.removeprefix("../")
        for script in scripts().values()
        for name in re.findall(r'(?:from |import\()"(\.[\w./-]+)"', script)
    }
    assert response["Content-Type"].startswith("text/javascript")
    assert imported
    assert {f"/static/{name}" for name in imported} <= kept
    assert {f"/static/storefront/{name}" for name in scripts()} <= kept


def test_service_worker_changes_when_any_file_does(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text("before")
    monkeypatch.setattr(views, "TEMPLATES", tmp_path)
    before = views.version.__wrapped__()

    (tmp_path / "page.html").write_text("after")

    assert views.version.__wrapped__() != before


def test_every_script_text_exists_in_both_languages():
    used = {name for script in scripts().values() for name in re.findall(r'text\("([\w.]+)"', script)}
    shown = {}
    for language in ("en", "ru"):
        with translation.override(language):
            shown[language] = texts()

    assert len(used) > 40
    assert used <= set(shown["en"])
    for name, text in shown["en"].items():
        assert shown["ru"][name] != text, name
