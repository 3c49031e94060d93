"""Our small pages in a real browser, which alone sends the Origin and the cookies that it does."""

import pytest
from playwright.sync_api import sync_playwright

from users import links
from users.models import CustomUser
from users.tests.factories import UserFactory
from users.tests.pages import TIMEOUT


def press_button(chromium: dict, address: str, **fields: str) -> str:
    """What the page says after its fields were filled and its button pressed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium)
        page = browser.new_page(locale="ru-RU")
        page.set_default_timeout(TIMEOUT)
        page.goto(address)
        for name, value in fields.items():
            page.fill(f"input[name={name}]", value)
        with page.expect_navigation():
            page.click("button")
        text = page.inner_text("main")
        browser.close()
        return text


@pytest.mark.django_db(transaction=True)
def test_button_of_the_verification_page_verifies(chromium, live_server, settings):
    settings.SITE_URL = live_server.url
    address = links.verification_link(UserFactory(is_verified=False))

    text = press_button(chromium, address)

    assert "Ваш адрес подтверждён" in text
    assert CustomUser.objects.get().is_verified


@pytest.mark.django_db(transaction=True)
def test_form_of_the_reset_page_sets_the_password(chromium, live_server, settings):
    settings.SITE_URL = live_server.url
    address = links.reset_link(UserFactory())

    weak = press_button(chromium, address, new_password="123")
    done = press_button(chromium, address, new_password="another fine password")

    assert "Введённый пароль" in weak
    assert "Пароль изменён" in done
    assert CustomUser.objects.get().check_password("another fine password")
