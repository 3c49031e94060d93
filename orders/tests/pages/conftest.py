"""The board and the guests' screen in a real Chromium, on a real daphne that works on the test database."""

import pytest
from playwright.async_api import Browser, Page, expect

from products.models import Branch, BranchStaff, Position
from realtime.threads import in_database
from rest.tests.servers import Daphne
from users.models import CustomUser
from users.tests.factories import UserFactory
from users.tests.pages import PASSWORD, give_password, new_page


@pytest.fixture
def barista(branch) -> CustomUser:
    user = UserFactory(username="vera", first_name="Vera")
    give_password(user)
    BranchStaff.objects.create(user=user, branch=branch, position=Position.BARISTA)
    return user


async def open_board(
    browser: Browser,
    server: Daphne,
    barista: CustomUser,
    branch: Branch,
    **options,
) -> Page:
    """Signed in, connected, with the shift begun."""
    page = await new_page(browser, **{"viewport": {"width": 1024, "height": 768}, **options})
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    await page.goto(server.address(f"/board/{branch.slug}/"))
    await page.fill("[name=username]", barista.username)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".sign-in button")
    await expect(page.locator("body")).to_have_attribute("data-proof", "fresh")
    await page.click(".shift-begin")
    await expect(page.locator(".band-silent")).to_be_hidden()
    return page


async def in_thread(call, *arguments, **keywords):
    return await in_database(call)(*arguments, **keywords)
