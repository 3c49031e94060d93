"""Nasty headers and queries at what is no API: pages, files and probes."""

from urllib.parse import quote

import pytest

from CoffeeShop.tests.nasty import HEADERS, STRINGS, chosen, told_insides

PICTURE = "0123456789abcdef0123456789abcdef.png"
PAGES = [
    "/", "/account/verify/", "/account/reset/", "/support/", "/admin/login/", "/admin/", "/swagger/", "/redoc/",
    "/nowhere", f"/media/products/{PICTURE}", "/static/users/page.css", "/healthz", "/readyz", "/metrics",
    "/developers/", "/asyncapi/", "/at/main/", "/at/main/1/", "/orders/1/", "/menu/main/", "/service-worker.js",
    "/manifest.webmanifest",
]  # fmt: skip
NAMES = ("uid", "token", "next", "format", "q", "_popup", "lang", "theme")


@pytest.fixture(autouse=True)
def picture(settings, tmp_path) -> None:
    """What the address in `/media/` leads to."""
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / PICTURE).write_bytes(b"x" * 1000)


def attacks() -> list[tuple[str, dict[str, str]]]:
    """Queries and headers."""
    texts = [quote(text.encode("utf-8", "surrogatepass"), safe="") for text in STRINGS]
    queries = [(f"{name}={text}", {}) for name in NAMES for text in texts] + [(text, {}) for text in texts]
    return queries + [("", {name: value}) for name, values in HEADERS.items() for value in values]


@pytest.mark.django_db
# Django does not close a file in whose place it answers 412; Python does, with the last reference to it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES)
def test_nasty_requests_for_pages_are_answered_in_order(anonymous, page, record_property):
    nasty = chosen(attacks(), seed=page)
    record_property("nasty", {"page requests": len(nasty) * 2})

    for query, headers in nasty:
        environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        for method in ("GET", "POST"):
            response = anonymous.generic(method, f"{page}?{query}", **environ)
            content = response.getvalue().decode(errors="replace")

            assert response.status_code < 500, (method, query, headers)
            assert told_insides(content) == [], (method, query, headers)
            assert "evil.example" not in str(response.headers), (method, query, headers)
