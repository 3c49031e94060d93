"""From the menu to the number: by how many taps, and what happens when something is in the way."""

import re

import pytest
from playwright.async_api import expect

from CoffeeShop.storefront.tests.pages.conftest import (
    change_price,
    choose_croissant,
    is_ordered,
    orders_made,
    phone_of,
    take_off,
)
from orders.placing import place_counter_order
from orders.tests.factories import OrderFactory
from products.tests.factories import BranchStaffFactory, ProductFactory
from realtime.threads import in_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]


async def test_guest_orders_a_first_latte_in_eight_taps(phone):
    await phone.goto("/")
    await phone.click(".product-name >> text=Latte")
    await phone.click(".option >> text=Oat")
    await phone.click(".take")
    await phone.click(".basket-bar")
    await phone.click("#cart-name")
    await phone.keyboard.type("Mia <b>🦊</b>")
    await phone.click(".order-button")

    number = await is_ordered(phone)

    (order,) = await orders_made()
    assert order.number == number
    assert str(order.total_price) == "4.60"
    assert await phone.locator(".ticket-name").inner_text() == "for Mia <b>🦊</b>"
    assert await phone.evaluate("taps") <= 8


async def test_order_is_placed_once_when_tapped_twice(phone):
    await choose_croissant(phone)

    await phone.evaluate(
        "const b = document.querySelector('.order-button'); b.click(); b.click(); b.form.requestSubmit()"
    )

    await is_ordered(phone)
    assert len(await orders_made()) == 1


async def test_order_is_placed_once_when_its_answer_is_lost(phone):
    await choose_croissant(phone)

    async def lose(route):
        await route.fetch()  # the server has done it
        await route.abort()

    await phone.route("**/api/orders/", lose)
    await phone.click(".order-button")
    await expect(phone.locator("[data-slot=pending]")).to_be_visible()
    await expect(phone.locator(".ticket")).to_have_count(0)
    await phone.unroute("**/api/orders/")

    await phone.reload()

    await is_ordered(phone)
    assert len(await orders_made()) == 1


async def test_nothing_is_pretended_when_the_connection_is_gone(phone):
    await choose_croissant(phone)
    await phone.route("**/api/**", lambda route: route.abort())

    await phone.click(".order-button")

    await expect(phone.locator(".pay .problem")).to_contain_text("nothing has been ordered")
    await expect(phone.locator(".offline")).to_be_visible()
    assert await orders_made() == []
    await phone.unroute("**/api/**")
    await phone.click(".order-button")
    await is_ordered(phone)


async def test_new_price_is_shown_before_it_is_paid(phone, menu):
    await choose_croissant(phone)
    await change_price(menu["croissant"], "2.90")

    await phone.click(".order-button")
    await expect(phone.locator(".pay .problem")).to_contain_text("$2.90")
    assert await orders_made() == []
    await phone.click(".order-button")

    await is_ordered(phone)
    assert str((await orders_made())[0].total_price) == "2.90"


async def test_cart_names_and_removes_what_is_sold_out(phone, menu):
    await choose_croissant(phone)
    await take_off(menu["croissant"])

    await phone.click(".order-button")
    await phone.click(".line .problem .button")

    await expect(phone.locator("[data-slot=empty]")).to_be_visible()
    assert await orders_made() == []


async def test_second_tab_shares_the_cart_and_orders_nothing_twice(phone):
    await choose_croissant(phone)
    other = await phone.context.new_page()
    await other.goto("/cart/")
    await expect(other.locator(".line")).to_have_count(1)

    await phone.click(".order-button")
    await is_ordered(phone)

    await expect(other.locator("[data-slot=empty]")).to_be_visible()
    assert len(await orders_made()) == 1


async def test_customer_cancels_after_being_asked(phone):
    await choose_croissant(phone)
    await phone.click(".order-button")
    await is_ordered(phone)

    await phone.click("[data-slot=cancel]")
    await phone.click("[data-slot=really]")

    await expect(phone.locator(".ticket-status")).to_have_text("Cancelled")
    assert (await orders_made())[0].status == "cancelled"


async def test_somebody_elses_order_is_not_shown(browser, server, phone, user):
    await choose_croissant(phone)
    await phone.click(".order-button")
    await is_ordered(phone)

    stranger = await phone_of(browser, server, user)
    await stranger.goto(re.sub("^https?://[^/]+", "", phone.url))

    await expect(stranger.locator(".order-screen .problem")).to_contain_text("no such order of yours")
    await expect(stranger.locator(".ticket")).to_be_hidden()


async def test_regular_orders_the_usual_in_three_taps(browser, server, menu, branch, user):
    await in_database(OrderFactory)(user=user, branch=branch, product=menu["croissant"], status="completed")
    page = await phone_of(browser, server, user)
    await page.goto("/")

    await page.click("[data-slot=usualButton]")
    await page.click(".order-button")

    await is_ordered(page)
    assert len(await orders_made()) == 2
    assert await page.evaluate("taps") <= 3


async def test_barista_sees_only_orders_of_their_own(browser, server, menu, branch, user):
    def work_and_buy():
        BranchStaffFactory(branch=branch, user=user)
        tea = ProductFactory(name="Tea")
        for status in ("pending", "completed", "completed"):
            OrderFactory(branch=branch, product=tea, status=status)
        croissant = {"product_id": menu["croissant"].pk, "options": [], "quantity": 3}
        place_counter_order(user=user, branch=branch, items=[croissant])
        own = [OrderFactory(user=user, branch=branch, product=menu["croissant"], status="completed")]
        return [*own, OrderFactory(user=user, branch=branch, product=menu["croissant"])]

    past, still_open = await in_database(work_and_buy)()
    page = await phone_of(browser, server, user)

    await page.goto("/orders/")

    await expect(page.locator(".open-number")).to_have_text([still_open.number])
    await expect(page.locator("[data-slot=pastList] a")).to_have_count(1)
    await expect(page.locator("[data-slot=pastList] a")).to_have_attribute("href", f"/orders/{past.pk}/")
    await page.goto("/")
    await expect(page.locator("[data-slot=usualName]")).to_have_text("Croissant")
