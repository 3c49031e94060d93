"""The real browser of the pages' tests: Chromium, driven by Playwright."""

import os
import shutil

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright


@pytest.fixture(scope="session")
def chromium() -> dict:
    """How playwright launches the browser of the pages' tests."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("CI has to install Chromium.")
    if found is None:
        pytest.skip("Chromium is not installed")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    return {"executable_path": found, "args": quiet}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_chromium(chromium):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running_chromium):
    """One process for all tests of a worker, which share its event loop (`asyncio(loop_scope="session")`).

    Contexts share nothing; each test's are closed after it.
    """
    yield running_chromium
    for context in running_chromium.contexts:
        await context.close()
