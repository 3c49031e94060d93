"""A shared order keeps itself up to date, whatever happens to server and connection meanwhile."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from orders.models import Order
from orders.sharing import share_link
from orders.tests.factories import OrderFactory
from realtime.threads import in_database
from rest.tests.servers import Daphne
from users.tests.pages import new_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

PAUSE_MS = 10_000

set_status = in_database(lambda status: Order.objects.update(status=status))


@pytest.fixture
def shop(start) -> Daphne:
    """A server that may be stopped."""
    return start()


@pytest_asyncio.fixture(loop_scope="session")
async def friend(browser, shop, branch) -> Page:
    """The page of somebody's order, which waits to be accepted. Its clock goes on when the test says so."""
    link = await in_database(lambda: share_link(OrderFactory(branch=branch)))()
    page = await new_page(browser, base_url=shop.address(""))
    await page.clock.install()
    await page.goto(re.sub("^https?://[^/]+", "", link))
    await expect(page.locator(".ticket-status")).to_have_text("Sent to the shop")
    return page


async def ask_in_vain(page: Page) -> None:
    async with page.expect_event("requestfailed"):
        await page.clock.run_for(PAUSE_MS)


async def test_shared_order_goes_on_after_a_restart(friend, shop, start):
    shop.stop()
    await ask_in_vain(friend)
    await expect(friend.locator(".ticket-status")).to_have_text("Sent to the shop")
    await set_status("ready")

    start(port=shop.port)
    await friend.clock.run_for(PAUSE_MS)

    await expect(friend.locator(".ticket-status")).to_have_text("Ready. Come and get it!")


async def test_shared_order_goes_on_after_an_outage(friend):
    await friend.context.set_offline(True)
    await ask_in_vain(friend)
    await set_status("preparing")

    await friend.context.set_offline(False)
    await friend.clock.run_for(PAUSE_MS)

    await expect(friend.locator(".ticket-status")).to_have_text("It is being made")


async def test_shared_order_asks_no_more_once_it_is_over(friend):
    await set_status("completed")
    await friend.clock.run_for(PAUSE_MS)
    await expect(friend.locator(".ticket-status")).to_have_text("Handed over")
    asked = []
    friend.on("request", lambda request: asked.append(request.url))

    await friend.clock.run_for(10 * PAUSE_MS)

    assert asked == []
