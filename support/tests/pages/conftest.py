"""The chat's pages in a real Chromium, on a real daphne that works on the test database."""

import uuid
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.async_api import Browser, Page, expect

from realtime.threads import in_database
from rest.tests.servers import Daphne
from support import services
from support.models import Conversation, Message
from users.models import CustomUser
from users.tests.pages import PASSWORD, give_password, new_page

CONSOLE = "/admin/support/conversation/console/"


def address(server: Daphne, path: str) -> str:
    return server.address(path)


async def open_console(
    browser: Browser, server: Daphne, admin: CustomUser, page: Page | None = None, **options
) -> Page:
    """The console of somebody who has signed in to the back office."""
    page = page or await new_page(browser, **options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": await in_database(session_of)(admin)}
    await page.context.add_cookies([{**cookie, "url": address(server, "/")}])
    await page.goto(address(server, CONSOLE))
    await is_connected(page)
    return page


async def open_chat(
    browser: Browser, server: Daphne, customer: CustomUser, page: Page | None = None, **options
) -> Page:
    """The customer's page, signed in to by its form."""
    await in_database(give_password)(customer)
    page = page or await new_page(browser, **options)
    await page.goto(address(server, "/support/"))
    await page.fill("[name=username]", customer.username)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".chat-login button")
    await is_connected(page)
    return page


def session_of(user: CustomUser) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def is_connected(page: Page) -> None:
    await expect(page.locator(".connection")).to_have_attribute("data-state", "ready")


async def is_disconnected(page: Page) -> None:
    await expect(page.locator(".connection")).not_to_have_attribute("data-state", "ready")


async def write(page: Page, text: str) -> None:
    await page.fill(".thread-input", text)
    await page.press(".thread-input", "Enter")


async def shows(page: Page, *texts: str) -> None:
    """The thread has exactly these messages, all of them stored."""
    await expect(page.locator(".message-text")).to_have_text(list(texts))
    await expect(page.locator(".is-pending")).to_have_count(0)


async def choose(page: Page, customer: CustomUser) -> None:
    await page.locator(".queue-item", has_text=customer.username).click()
    await expect(page.locator(".conversation-customer")).to_have_text(customer.username)
    await expect(page.locator(".thread-start")).to_be_visible()


@pytest.fixture
def posted(admin_user) -> Callable:
    """Stores a message behind the servers' backs, as another process would."""

    def post(conversation: Conversation, text: str, author: CustomUser | None = None) -> Message:
        author = author or conversation.customer
        message, _is_new = services.post_message(
            conversation_id=conversation.pk, author=author, client_id=uuid.uuid4(), text=text
        )
        return message

    return in_database(post)


def texts_of(conversation: Conversation) -> list[str]:
    return list(conversation.messages.order_by("seq").values_list("text", flat=True))
