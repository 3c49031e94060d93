"""The storefront in a real Chromium, as a phone sees it, on a real daphne that works on the test database."""

import asyncio
import json

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from orders.models import Order
from products.models import Product
from products.tests.factories import OptionFactory, OptionGroupFactory, ProductFactory
from realtime.threads import in_database
from rest.tests.servers import OFTEN, Daphne
from users.models import CustomUser
from users.tests.pages import TIMEOUT, new_page
from users.tokens import start_family

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
COUNT_TAPS = "globalThis.taps = 0; addEventListener('pointerdown', () => taps++, true);"
QUIET = 5  # looks in a row


@pytest.fixture(scope="module")
def server(django_db_setup):
    """Without a cache of the catalogue: between tests its generations begin anew, behind the server's back."""
    server = Daphne(**OFTEN, CATALOGUE_CACHE_MB="0")
    yield server
    server.stop()


@pytest.fixture
def menu(branch) -> dict[str, Product]:
    """A latte that wants a size and may have another milk, and a croissant that wants nothing."""
    latte, croissant = ProductFactory(name="Latte", price="3.90"), ProductFactory(name="Croissant", price="2.60")
    size = OptionGroupFactory(name="Size", min_choices=1, max_choices=1)
    milk = OptionGroupFactory(name="Milk", min_choices=0, max_choices=1)
    for group, name, price in [(size, "Small", "0.00"), (size, "Large", "1.10"), (milk, "Oat", "0.70")]:
        OptionFactory(group=group, name=name, price_delta=price)
    latte.option_groups.set([size, milk])
    return {"latte": latte, "croissant": croissant}


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser, server, menu) -> Page:
    return await phone_of(browser, server)


async def phone_of(browser: Browser, server, user: CustomUser | None = None, **options) -> Page:
    """A page of the storefront at its address; `user` is signed in already."""
    page = await new_page(browser, base_url=server.address(""), **{**PHONE, **options})
    count_requests(page)
    await page.add_init_script(COUNT_TAPS)
    if user is not None:
        pair = await in_database(start_family)(user)
        kept = json.dumps({"refresh": pair["refresh"], "key": "a key of the test"})
        await page.add_init_script(f"localStorage['storefront.refresh'] ??= {kept!r}")
    return page


async def choose_croissant(page: Page) -> None:
    """Into the cart, whose page is at rest then: what a test changes next, the page has not asked for yet."""
    await page.goto("/")
    await page.locator(".product", has_text="Croissant").locator(".add").click()
    await open_cart(page)
    await page.fill("#cart-name", "Mia")


async def open_cart(page: Page) -> None:
    """By a tap. The cart's screen is drawn before its menu is there."""
    async with page.expect_response("**/menu/"):
        await page.click(".basket-bar")
    await is_at_rest(page)


async def is_at_rest(page: Page) -> None:
    """Nothing is asked for any more. Playwright's own `networkidle` looks at the first load of a document only."""
    quiet = 0
    async with asyncio.timeout(TIMEOUT / 1000):
        while quiet < QUIET:
            await asyncio.sleep(0.02)
            quiet = 0 if page.requests_under_way else quiet + 1


def count_requests(page: Page) -> None:
    page.requests_under_way = set()
    page.on("request", lambda request: page.requests_under_way.add(request))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda request: page.requests_under_way.discard(request))


async def is_ordered(page: Page) -> str:
    """The number that the page shows large."""
    await expect(page.locator(".ticket-number")).not_to_be_empty()
    return await page.locator(".ticket-number").inner_text()


async def is_installed(page: Page) -> None:
    await page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")
    await page.wait_for_function("navigator.serviceWorker.controller")


orders_made = in_database(lambda: list(Order.objects.order_by("pk")))
change_price = in_database(lambda product, price: Product.objects.filter(pk=product.pk).update(price=price))
take_off = in_database(lambda product: Product.objects.filter(pk=product.pk).update(is_active=False))
