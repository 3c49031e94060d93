"""Pages in a real Chromium, on a real daphne that works on the test database."""

from django.contrib.auth.hashers import make_password
from playwright.async_api import Browser, Page, expect

from users.models import CustomUser

TIMEOUT = 60_000  # milliseconds; other people load the machine
PASSWORD = "a long enough password"

expect.set_options(timeout=TIMEOUT)


async def new_page(browser: Browser, **options) -> Page:
    """Without animations: drawn without a graphics card, they take the processor from whoever is tested."""
    context = await browser.new_context(**{"locale": "en-US", "reduced_motion": "reduce", **options})
    context.set_default_timeout(TIMEOUT)
    return await context.new_page()


def give_password(user: CustomUser) -> None:
    """By the hasher that the server knows, which has not the tests' settings."""
    user.password = make_password(PASSWORD, hasher="argon2")
    user.save(update_fields=["password"])
