"""In the middle of an order: sessions end, connections break, stock runs out, a deploy comes, second thoughts."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from CoffeeShop.storefront.tests.pages.conftest import (
    choose_croissant,
    is_at_rest,
    is_installed,
    is_ordered,
    open_cart,
    orders_made,
    phone_of,
)
from orders.models import Order
from products.models import BranchProduct
from products.tests.factories import BranchProductFactory
from promotions.services import Cups, complete_order
from promotions.tests.factories import PromoCodeFactory, begin_programme
from realtime.threads import in_database
from rest.tests.servers import Server
from users.models import CustomUser
from users.tests.pages import new_page
from users.tokens import end_all_sessions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

end_sessions = in_database(lambda: [end_all_sessions(user) for user in CustomUser.objects.all()])
set_stock = in_database(lambda stock: BranchProduct.objects.update(stock=stock))
total_paid = in_database(lambda: str(Order.objects.get().total_price))


def earn_a_cup(user: CustomUser) -> None:
    begin_programme(stamps_needed=1)
    complete_order(order_id=1_000_000, user_id=user.pk, cups=[Cups(None, 1)])


def lose(page: Page):
    """Nothing of the API comes through; the pages and their scripts do."""
    return page.route("**/api/**", lambda route: route.abort())


async def test_code_and_free_cup_make_the_order_cheaper(browser, server, menu, user):
    await in_database(PromoCodeFactory)(code="WELCOME", value="50")
    await in_database(earn_a_cup)(user)
    page = await phone_of(browser, server, user)
    await page.goto("/")
    for name in ("Croissant", "Latte"):
        await page.locator(".product", has_text=name).locator(".add").click()
    await page.click(".take")
    await page.click(".basket-bar")

    await page.get_by_label("Use my free cup").check()
    await expect(page.locator(".sum-total dd")).to_have_text("$3.90")
    await page.fill("[data-slot=promo]", "welcome")
    await page.click("[form=promo] >> text=Use")
    await expect(page.locator(".sum-total dd")).to_have_text("$1.95")
    await page.click(".order-button")

    await is_ordered(page)
    assert await total_paid() == "1.95"
    await expect(page.locator(".ticket-items")).to_contain_text("WELCOME")


async def test_unknown_code_is_told_and_taken_off(phone):
    await choose_croissant(phone)
    await phone.fill("[data-slot=promo]", "NOSUCH")
    await phone.click("[form=promo] >> text=Use")

    await phone.click(".pay .problem .button")

    await expect(phone.locator(".pay .problem")).to_have_count(0)
    await phone.click(".order-button")
    await is_ordered(phone)


async def test_guest_keeps_the_cart_when_the_session_has_ended(browser, server, menu, user):
    page = await phone_of(browser, server, user)
    await page.goto("/")
    await page.locator(".product", has_text="Croissant").locator(".add").click()
    await open_cart(page)
    await expect(page.locator("[data-slot=person]")).to_be_hidden()
    await end_sessions()

    await page.click(".order-button")
    await expect(page.locator(".notice")).to_contain_text("session has ended")
    assert await orders_made() == []
    await page.fill("#cart-name", "Mia")
    await page.click(".order-button")

    await is_ordered(page)
    assert (await orders_made())[0].user_id != user.pk


async def test_what_is_tapped_while_the_cart_comes_is_kept(browser, server, menu, user):
    page = await phone_of(browser, server, user)
    asked, tapped = asyncio.Event(), asyncio.Event()

    async def wait(route):
        response = await route.fetch()
        asked.set()
        await tapped.wait()
        await route.fulfill(response=response)

    await page.route(lambda url: "/api/cart/" in url, wait)
    await page.goto("/")
    await asyncio.wait_for(asked.wait(), 30)

    await page.locator(".product", has_text="Croissant").locator(".add").click()
    async with page.expect_event("requestfinished", lambda request: "/api/cart/" in request.url):
        tapped.set()
    await page.unroute_all(behavior="wait")

    await page.goto("/cart/")
    await expect(page.locator(".line")).to_have_count(1)


async def test_last_pieces_are_offered_when_stock_runs_out(phone, menu, branch):
    await in_database(BranchProductFactory)(branch=branch, product=menu["croissant"], stock=5)
    await choose_croissant(phone)
    for _ in range(2):
        await phone.click(".line [data-slot=more]")
    await is_at_rest(phone)
    await set_stock(1)

    await phone.click(".order-button")
    await phone.click(".line .problem .button")
    await expect(phone.locator(".line output")).to_have_text("1")
    await phone.click(".order-button")

    await is_ordered(phone)
    assert await total_paid() == "2.60"


async def test_back_button_in_the_middle_loses_and_repeats_nothing(phone):
    await choose_croissant(phone)
    await phone.go_back()
    await expect(phone.locator(".basket-bar")).to_be_visible()
    await phone.go_forward()
    await expect(phone.locator("#cart-name")).to_have_value("Mia")
    await phone.click(".order-button")
    await is_ordered(phone)

    await phone.go_back()

    await expect(phone.locator("[data-slot=empty]")).to_be_visible()
    assert len(await orders_made()) == 1


async def test_every_screen_says_something_without_a_connection(phone):
    await choose_croissant(phone)
    await lose(phone)
    paths = ["/branches/", "/cart/", "/orders/", "/orders/7/", "/stamps/", "/profile/sign-in/", "/at/nowhere/"]

    for path in paths:
        await phone.goto(path)

        await expect(phone.locator("#screen h1, #screen .problem").locator("visible=true").first).to_be_visible()
        await expect(phone.locator(".offline")).to_be_visible()


async def test_order_of_long_ago_is_not_sent_by_itself(phone):
    await choose_croissant(phone)
    await phone.route("**/api/orders/", lambda route: route.abort())  # it never arrives
    await phone.click(".order-button")
    await expect(phone.locator("[data-slot=pending]")).to_be_visible()
    await phone.evaluate("""() => {
        const kept = JSON.parse(localStorage["storefront.placing"]);
        localStorage["storefront.placing"] = JSON.stringify({ ...kept, at: Date.now() - 3 * 3600_000 });
    }""")
    await phone.unroute("**/api/orders/")

    await phone.reload()

    await expect(phone.locator(".order-button")).to_be_enabled()
    await expect(phone.locator("[data-slot=pending]")).to_be_hidden()
    assert await orders_made() == []
    await phone.click(".order-button")
    await is_ordered(phone)


async def test_order_like_one_before_is_not_taken_for_it(phone):
    await choose_croissant(phone)
    await phone.click(".order-button")
    await is_ordered(phone)
    await choose_croissant(phone)
    await phone.route("**/api/orders/", lambda route: route.abort())  # the second never arrives
    await phone.click(".order-button")
    await expect(phone.locator("[data-slot=pending]")).to_be_visible()
    await phone.evaluate("""() => {
        const kept = JSON.parse(localStorage["storefront.placing"]);
        localStorage["storefront.placing"] = JSON.stringify({ ...kept, at: Date.now() - 6 * 60_000 });
    }""")
    await phone.unroute("**/api/orders/")

    await phone.reload()

    await expect(phone.locator(".order-button")).to_be_enabled()
    await expect(phone.locator("[data-slot=pending]")).to_be_hidden()
    assert len(await orders_made()) == 1


async def test_lost_answer_is_not_forgotten_when_the_session_ends(phone):
    await choose_croissant(phone)

    async def lose(route):
        await route.fetch()
        await route.abort()

    await phone.route("**/api/orders/", lose)
    await phone.click(".order-button")
    await expect(phone.locator("[data-slot=pending]")).to_be_visible()
    await phone.unroute("**/api/orders/")
    await end_sessions()

    await phone.reload()

    await expect(phone.locator("body")).to_contain_text("sign in again")
    assert "storefront.placing" in await phone.evaluate("Object.keys(localStorage)")
    assert len(await orders_made()) == 1


async def test_next_deploy_takes_over_and_keeps_the_cart(browser, start, menu):
    old = start(CATALOGUE_CACHE_MB="0")
    page = await phone_of(browser, old)
    await choose_croissant(page)
    await is_installed(page)
    old.stop()

    command = f"-m daphne -b 127.0.0.1 -p {old.port} CoffeeShop.storefront.tests.nextdeploy:application"
    new = Server(command, CATALOGUE_CACHE_MB="0")
    try:
        await page.goto("/cart/")
        await page.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
        await page.wait_for_function(
            "caches.keys().then((names) => names.includes('storefront-the next deploy') && names.length === 1)"
        )
        await page.reload()

        await expect(page.locator(".line")).to_have_count(1)
        await page.click(".order-button")
        await is_ordered(page)
    finally:
        new.stop()


async def test_shared_link_follows_the_order_without_a_sign_in(browser, phone):
    await choose_croissant(phone)
    await phone.click(".order-button")
    number = await is_ordered(phone)
    async with phone.expect_response("**/share/") as answer:
        await phone.click("[data-slot=share]")
    link = (await (await answer.value).json())["url"]
    friend = await new_page(browser)
    await friend.goto(re.sub("^https?://[^/]+", re.match("^https?://[^/]+", phone.url)[0], link))
    await expect(friend.locator(".ticket-number")).to_have_text(number)

    await in_database(lambda: Order.objects.update(status="ready"))()
    await friend.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    await expect(friend.locator(".ticket-status")).to_contain_text("Ready")
    assert "Mia" not in await friend.content()
