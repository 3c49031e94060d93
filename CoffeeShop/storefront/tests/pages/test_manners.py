"""Addresses, the back button, reloads, times without a connection, and browsers that forbid things."""

import pytest
from playwright.async_api import Page, expect

from CoffeeShop.storefront.tests.pages.conftest import (
    change_price,
    choose_croissant,
    is_installed,
    is_ordered,
    orders_made,
    phone_of,
)
from products.tests.factories import CategoryFactory, ProductFactory
from realtime.threads import in_database
from users.models import CustomUser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

COMPARE_PRICES = """async () => {
  const { Words } = await import("/static/storefront/words.js");
  const { Shelf } = await import("/static/users/shelf.js");
  const [shelf, wrong] = [new Shelf("test."), []];
  const compare = (words, currency) => {
    for (const amount of ["0.00", "0.05", "3.90", "999.99", "1000.00", "12345.60", "-3.90"]) {
      const options = { style: "currency", currency, currencyDisplay: "narrowSymbol" };
      const right = new Intl.NumberFormat(words.language, options).format(amount);
      if (words.money(amount, currency) !== right) wrong.push([words.money(amount, currency), right]);
    }
  };
  const currencies = ["USD", "EUR", "RUB", "JPY", "KWD"];
  for (const language of ["en", "ru", "en", "ru"]) {
    for (const one of currencies) compare(new Words({}, language, shelf), one);
  }

  let made = 0;
  const NumberFormat = Intl.NumberFormat;
  Intl.NumberFormat = function (...args) { made += 1; return new NumberFormat(...args); };
  for (const language of ["en", "ru"]) for (const one of currencies) new Words({}, language, shelf).money("3.90", one);
  return [wrong, made];
}"""
# What is off the screen is laid out some time after the first look; a tap may come before.
NEVER_SETTLED = "const later = setTimeout; setTimeout = (call, ms) => ms === 1_500 ? 0 : later(call, ms);"
EVIL = "<img src=x onerror='document.title=`evil`'>"


def fill_categories() -> None:
    for number in range(6):
        category = CategoryFactory(name=f"Kind {number}")
        ProductFactory.create_batch(4, category=category)


async def comes_to_rest(page: Page) -> None:
    """Wait until a smooth scroll has ended."""
    await page.wait_for_function(
        """() => {
          const [before, frames] = [globalThis.before ?? [-1, 0], 10];
          globalThis.before = [scrollY, before[0] === scrollY ? before[1] + 1 : 0];
          return globalThis.before[1] >= frames;
        }""",
        polling="raf",
    )


async def test_sheet_survives_a_reload_and_closes_when_going_back(phone, menu):
    await phone.goto("/at/main/")
    await phone.click(".product-name >> text=Latte")
    assert phone.url.endswith(f"/at/main/{menu['latte'].pk}/")

    await phone.reload()
    await expect(phone.locator(".sheet")).to_be_visible()
    await phone.go_back()

    await expect(phone.locator(".sheet")).to_be_hidden()
    await expect(phone.locator(".product")).to_have_count(2)


async def test_escape_closes_the_sheet_and_the_focus_returns(phone):
    await phone.goto("/at/main/")
    link = phone.locator(".product-link", has_text="Latte")
    await link.focus()
    await phone.keyboard.press("Enter")
    await expect(phone.locator(".sheet h2")).to_be_focused()

    await phone.keyboard.press("Escape")

    await expect(phone.locator(".sheet")).to_be_hidden()
    await expect(link).to_be_focused()


async def test_menu_is_there_without_a_connection(phone):
    await phone.goto("/")
    await expect(phone.locator(".product")).to_have_count(2)
    await is_installed(phone)
    await phone.context.set_offline(True)

    await phone.goto("/")

    await expect(phone.locator(".product")).to_have_count(2)
    await expect(phone.locator(".offline")).to_be_visible()


async def test_old_menu_tells_its_age(phone):
    await phone.goto("/")
    await expect(phone.locator(".product")).to_have_count(2)
    await is_installed(phone)
    await phone.add_init_script("const now = Date.now; Date.now = () => now() + 3 * 3600_000;")
    await phone.context.set_offline(True)

    await phone.reload()

    await expect(phone.locator(".age")).to_contain_text("3 hr. ago")


async def test_first_menu_comes_with_the_page(phone):
    await phone.route("**/api/**", lambda route: route.abort())

    await phone.goto("/at/main/")

    await expect(phone.locator(".product")).to_have_count(2)
    await expect(phone.locator(".where-name")).to_contain_text("CoffeeShop")


async def test_cached_page_brings_no_old_price_back(phone, menu):
    await phone.goto("/")
    await is_installed(phone)
    await change_price(menu["croissant"], "2.90")
    await phone.reload()
    croissant = phone.locator(".product", has_text="Croissant")
    await expect(croissant).to_contain_text("$2.90")
    await phone.context.set_offline(True)

    await phone.reload()

    await expect(croissant).to_contain_text("$2.90")


async def test_shop_works_where_storage_is_forbidden(browser, server, menu):
    page = await phone_of(browser, server)
    await page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })"
    )
    await choose_croissant(page)

    await page.click(".order-button")

    await is_ordered(page)
    assert len(await orders_made()) == 1


@pytest.mark.parametrize("part", ["**/screens/*/", "**/order.css", "**/stampsscreen.js"])
async def test_screen_comes_once_the_connection_is_back(phone, part):
    await phone.goto("/at/main/")
    await phone.route(part, lambda route: route.abort())
    await phone.click("[data-tab=stamps]")
    await expect(phone.locator(".notice")).to_contain_text("does not answer")
    await phone.unroute(part)

    await phone.click("[data-tab=stamps]")

    await expect(phone.get_by_role("heading", name="Stamps and codes")).to_be_visible()
    assert await phone.evaluate("[...document.styleSheets].filter((one) => one.href?.includes('order')).length") == 1


async def test_page_goes_on_in_its_own_language(phone):
    await phone.goto("/at/main/")
    other = await phone.context.new_page()
    await other.goto("/profile/")
    await other.click("text=Русский")
    await expect(other.locator("html")).to_have_attribute("lang", "ru")

    await phone.click("[data-tab=stamps]")

    await expect(phone.get_by_role("heading", name="Stamps and codes")).to_be_visible()


async def test_every_screen_is_there_offline_after_a_change_of_language(phone):
    await phone.goto("/")
    await is_installed(phone)
    await phone.goto("/profile/")
    await phone.click("text=Русский")
    await expect(phone.locator("html")).to_have_attribute("lang", "ru")
    await phone.goto("/")
    await expect(phone.locator(".product")).to_have_count(2)
    await phone.wait_for_load_state("networkidle")
    await phone.context.set_offline(True)

    await phone.goto("/stamps/")

    await expect(phone.get_by_role("heading", name="Карта и промокоды")).to_be_visible()


async def test_menu_shows_prices_whatever_is_stored(phone):
    await phone.goto("/at/main/")
    for rubbish in ("{}", "5", '"abc"', "[null, null, null]", "rubbish"):
        await phone.evaluate("(text) => (localStorage['storefront.money.en.USD'] = text)", rubbish)

        await phone.reload()

        await expect(phone.locator(".product", has_text="Croissant")).to_contain_text("$2.60")


async def test_prices_look_as_the_browser_writes_them(phone):
    await phone.goto("/at/main/")

    wrong, made = await phone.evaluate(COMPARE_PRICES)

    assert wrong == []
    assert made == 2  # yen, in either language: without cents there is nothing to keep


async def test_chip_leads_to_its_category(phone):
    await in_database(fill_categories)()
    await phone.add_init_script(NEVER_SETTLED)
    await phone.goto("/at/main/")

    await phone.get_by_role("button", name="Kind 3").click()

    heading, finder = phone.get_by_role("heading", name="Kind 3"), phone.locator(".finder")
    await expect(heading).to_be_in_viewport()
    await comes_to_rest(phone)
    await expect(phone.locator("[data-here]")).to_have_text("Kind 3")
    below = (await heading.bounding_box())["y"] - (await finder.bounding_box())["height"]
    assert 0 <= below < 60


async def test_names_are_texts_whatever_is_in_them(phone):
    await in_database(ProductFactory)(name=EVIL, description=EVIL)
    await phone.goto("/at/main/")

    await phone.click(f".product-name >> text={EVIL[:8]}")

    await expect(phone.locator(".sheet h2")).to_have_text(EVIL)
    assert "evil" not in await phone.title()


async def test_search_finds_and_says_when_there_is_nothing(phone):
    await phone.goto("/at/main/")
    await phone.fill("[type=search]", "CROISS")
    await expect(phone.locator(".product:visible")).to_have_count(1)

    await phone.fill("[type=search]", "tea")

    await expect(phone.locator(".empty")).to_contain_text("tea")


async def test_page_leads_to_the_menus_without_javascript(browser, server, menu):
    page = await phone_of(browser, server, java_script_enabled=False)
    await page.goto("/")

    await page.click(".plain a")

    await expect(page.locator("h3")).to_have_count(2)


@pytest.mark.parametrize(
    "path", ["/", "/cart/", "/orders/", "/stamps/", "/profile/", "/profile/register/", "/branches/"]
)
async def test_nothing_is_wider_than_a_small_screen(browser, server, menu, path):
    page = await phone_of(browser, server, viewport={"width": 320, "height": 640})
    await page.goto("/")
    await page.locator(".product", has_text="Croissant").locator(".add").click()

    await page.goto(path)
    await page.wait_for_load_state("networkidle")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_guest_becomes_an_account_and_keeps_the_order(phone):
    await choose_croissant(phone)
    await phone.click(".order-button")
    number = await is_ordered(phone)
    await phone.goto("/profile/register/")
    for name, value in [("username", "mia"), ("email", "mia@example.com"), ("password", "a long enough password")]:
        await phone.fill(f"[name={name}]", value)

    await phone.click(".form [type=submit]")

    await expect(phone.locator("[data-slot=unverified]")).to_be_visible()
    await phone.goto("/orders/")
    await expect(phone.locator(".open-number")).to_have_text(number)
    assert (await orders_made())[0].user_id == (await in_database(CustomUser.objects.get)(username="mia")).pk
