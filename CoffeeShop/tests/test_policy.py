"""What browsers are told a page may do, and that our pages get along with it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.test import override_settings
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from products.tests.factories import ProductFactory
from users.tests.factories import AdminFactory

PASSWORD = "strong coffee 7"
LOGO = "https://cdn.redoc.ly/"  # at ReDoc's makers: they need not know who reads our documents


def is_complaint(message: ConsoleMessage) -> bool:
    """Browsers look for an icon by themselves."""
    return message.type == "error" and LOGO not in message.text and "favicon" not in message.location["url"]


@contextmanager
def browser_page(chromium: dict, site: str) -> Iterator[Page]:
    """A browser's page that notes what the policy forbids, and what breaks, in `page.complaints`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium)
        page = browser.new_page(base_url=site)
        page.set_default_timeout(180_000)  # ReDoc draws for a long time on a busy machine
        page.complaints = []
        page.on("console", lambda message: is_complaint(message) and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        yield page
        browser.close()


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_selector("#user-tools")


@pytest.mark.django_db(transaction=True)
def test_page_works_within_its_policy(chromium, live_server, branch):
    ProductFactory(name="Latte")
    pages = {
        "/": ".product-name >> text=Latte",
        "/menu/main/": "h3 >> text=Latte",
        "/developers/": "text=Swagger",
        "/account/verify/?uid=MQ&token=x": "button",
        "/account/reset/?uid=MQ&token=x": "button",
        "/redoc/": "h2 >> text=Order what is in the cart",
        "/admin/login/": "[name=password]",
        "/asyncapi/": "summary >> text=typing",
        "/swagger/": "[data-tag=products]",
    }

    with browser_page(chromium, live_server.url) as page:
        for path, shown in pages.items():
            page.goto(path)
            page.wait_for_selector(shown)
            page.wait_for_load_state("networkidle")
        page.click("[data-tag=products]")
        page.click("#operations-products-branches_list")
        page.click("text=Try it out")
        page.click("text=Execute")
        page.wait_for_selector(".live-responses-table .response-col_status >> text=200")

    assert page.complaints == []


@pytest.mark.django_db(transaction=True)
@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
def test_back_office_works_within_the_policy(chromium, live_server):
    AdminFactory(username="boss", password=PASSWORD)
    pages = ["products/product/add/", "products/branch/add/", "users/customuser/", "orders/order/", "password_change/"]
    pages += ["second-factor/"]

    with browser_page(chromium, live_server.url) as page:
        sign_in(page, "boss")
        for path in pages:
            page.goto(f"/admin/{path}")
            page.wait_for_selector("#content-start")
            page.wait_for_load_state("networkidle")

    assert page.complaints == []


@pytest.mark.parametrize(
    "url", ["/", "/developers/", "/healthz", "/api/nowhere/", "/admin/login/", "/swagger/", "/static/users/page.css"]
)
@pytest.mark.django_db
def test_every_answer_tells_browsers_how_to_behave(anonymous, url):
    with closing(anonymous.get(url)) as response:
        headers = response.headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.django_db
def test_only_documents_allow_inline_styles_and_none_inline_scripts(anonymous):
    policies = {url: anonymous.get(url)["Content-Security-Policy"] for url in ("/", "/admin/login/", "/redoc/")}

    assert ["'unsafe-inline'" in policy for policy in policies.values()] == [False, False, True]
    assert not any("script-src" in policy or "unsafe-eval" in policy for policy in policies.values())
