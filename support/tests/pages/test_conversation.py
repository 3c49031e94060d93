"""A customer on one page and staff on the other, as they talk."""

from urllib.parse import unquote

import pytest
from playwright.async_api import expect

from realtime.threads import in_database
from support.tests.pages.conftest import (
    CONSOLE,
    address,
    choose,
    is_connected,
    is_disconnected,
    new_page,
    open_chat,
    open_console,
    shows,
    texts_of,
    write,
)
from users.services.administration import change_user
from users.tokens import end_all_sessions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

NASTY = """<img src=x onerror="hacked=1"><script>hacked=1</script><a href="javascript:hacked=1">☕</a>"""


async def test_customer_and_staff_see_each_other_write_and_read(browser, server, user, admin_user):
    console, chat = await open_console(browser, server, admin_user), await open_chat(browser, server, user)

    await write(chat, "Где мой латте? ☕")
    await expect(console.locator(".queue-unread")).to_have_text("1")
    await expect(console).to_have_title("(1) Support console")
    await choose(console, user)
    await shows(console, "Где мой латте? ☕")
    await expect(chat.locator(".message-state")).to_have_text("Read")
    await expect(console).to_have_title("Support console")

    await console.type(".thread-input", "Несу! 🏃")
    await expect(chat.locator(".thread-typing")).to_have_text("CoffeeShop is typing…")
    await console.press(".thread-input", "Enter")
    await shows(chat, "Где мой латте? ☕", "Несу! 🏃")
    await shows(console, "Где мой латте? ☕", "Несу! 🏃")
    await expect(chat.locator(".thread-typing")).to_have_text("")
    await chat.bring_to_front()
    await expect(console.locator(".is-mine .message-state")).to_have_text("Read")

    await chat.type(".thread-input", "Спасибо")
    await expect(console.locator(".thread-typing")).to_have_text("anna is typing…")


async def test_messages_of_a_bad_connection_arrive_once_in_order(
    browser, start, conversation, user, admin_user, posted
):
    server = start()
    chat, console = await open_chat(browser, server, user), await open_console(browser, server, admin_user)
    await choose(console, user)
    await write(chat, "before")
    await shows(console, "before")
    for page in (chat, console):
        await page.evaluate("window.isSamePage = true")

    server.process.kill()
    await is_disconnected(chat)
    await write(chat, "one, on the train")
    await write(chat, "two, on the train")
    await is_disconnected(console)
    await write(console, "from the counter")
    await expect(chat.locator(".is-pending .message-state")).to_have_text(["Sending…", "Sending…"])
    await posted(conversation, "by somebody else", admin_user)
    start(port=server.port)
    await is_connected(chat)
    await is_connected(console)
    await expect(chat.locator(".message-text")).to_have_count(5)
    await expect(console.locator(".message-text")).to_have_count(5)

    stored = await in_database(texts_of)(conversation)
    assert stored[:2] == ["before", "by somebody else"]
    assert [text for text in stored if "train" in text] == ["one, on the train", "two, on the train"]
    await shows(chat, *stored)
    await shows(console, *stored)
    assert await chat.evaluate("isSamePage")
    assert await console.evaluate("isSamePage")


async def test_unsent_message_outlives_a_reload(browser, start, conversation, user):
    server = start()
    chat = await open_chat(browser, server, user)
    server.process.kill()
    await is_disconnected(chat)

    await write(chat, "I must not get lost")
    start(port=server.port)
    await chat.reload()

    await is_connected(chat)
    await shows(chat, "I must not get lost")
    assert await in_database(texts_of)(conversation) == ["I must not get lost"]


async def test_tokens_are_renewed_over_the_open_socket(browser, start, user, admin_user):
    server = start(ACCESS_TOKEN_SECONDS="6", SOCKET_LIMITS="EXPIRY_NOTICE_SECONDS=4")
    pages = [await new_page(browser), await new_page(browser)]
    sockets, sent = [], []

    def watch(socket):
        sockets.append(socket)
        socket.on("framesent", lambda frame: sent.append(frame))

    for page in pages:
        page.on("websocket", watch)
    chat = await open_chat(browser, server, user, page=pages[0])
    console = await open_console(browser, server, admin_user, page=pages[1])

    await chat.wait_for_timeout(8_000)  # longer than a token lives: this is what is tested
    await write(chat, "still here")
    await choose(console, user)
    await write(console, "me too")

    await shows(chat, "still here", "me too")
    assert len(sockets) == 2
    assert sum('"auth"' in frame for frame in sent) >= 4


async def test_nothing_in_a_message_or_a_name_is_executed(browser, server, user, admin_user):
    user.first_name = "<b onmouseover=hacked=1>Anna</b>"
    await in_database(user.save)()
    console, chat = await open_console(browser, server, admin_user), await open_chat(browser, server, user)

    await write(chat, NASTY)
    await console.click(".queue-item")
    await expect(console.locator(".thread-start")).to_be_visible()
    await write(console, NASTY)

    await shows(chat, NASTY, NASTY)
    await shows(console, NASTY, NASTY)
    await expect(console.locator(".conversation-customer")).to_have_text(user.first_name)
    for page in (chat, console):
        assert await page.locator(".message img, .message script, .message a, .console b").count() == 0
        assert await page.evaluate("typeof hacked") == "undefined"


async def test_pages_need_nothing_that_a_strict_policy_forbids(browser, start, user, admin_user):
    server = start()
    complaints, pages = [], [await new_page(browser), await new_page(browser)]
    for page in pages:
        page.on("console", lambda message: complaints.append(message.text))
    chat = await open_chat(browser, server, user, page=pages[0])
    console = await open_console(browser, server, admin_user, page=pages[1])

    await write(chat, "Does it work?")
    await choose(console, user)
    await write(console, "It does.")

    await shows(chat, "Does it work?", "It does.")
    await shows(console, "Does it work?", "It does.")
    assert complaints == []


async def test_refused_message_says_why_and_can_be_discarded(browser, server, conversation, user):
    chat = await open_chat(browser, server, user)

    await chat.fill(".thread-input", "x")
    await chat.locator(".thread-input").evaluate("input => { input.value = 'nothing\\0good' }")
    await chat.press(".thread-input", "Enter")
    await write(chat, "something good")

    await expect(chat.locator(".message-reason")).to_have_text(["", "text: Null characters are not allowed."])
    await chat.get_by_role("button", name="Discard").click()
    await shows(chat, "something good")
    assert await in_database(texts_of)(conversation) == ["something good"]


async def test_message_is_measured_in_characters_as_people_count_them(browser, server, user):
    chat = await open_chat(browser, server, user)

    await chat.fill(".thread-input", "☕" * 2000 + "🥐" * 2001)
    await expect(chat.locator(".thread-counter")).to_have_text("1 characters too many")
    await expect(chat.locator(".thread-composer button")).to_be_disabled()

    await write(chat, "🥐" * 4000)
    await shows(chat, "🥐" * 4000)


async def test_blocked_customer_is_signed_out_and_told(browser, server, user, admin_user):
    chat = await open_chat(browser, server, user)

    await in_database(change_user)(user_id=user.pk, by=admin_user, is_active=False)

    await expect(chat.locator(".chat-problem")).to_have_text("Your session has ended.")


async def test_console_ends_with_the_administrators_sessions(browser, server, admin_user):
    console = await open_console(browser, server, admin_user)

    await in_database(end_all_sessions)(admin_user)

    await expect(console.locator(".connection-text")).to_have_text("Your session has ended.")
    await console.get_by_role("link", name="Sign in again").click()
    await console.wait_for_url(lambda url: unquote(url) == address(server, f"/admin/login/?next={CONSOLE}"))


async def test_wrong_password_is_told_in_the_servers_words(browser, server, user):
    page = await new_page(browser, locale="ru-RU")
    await page.goto(address(server, "/support/"))
    await page.fill("[name=username]", "anna")
    await page.fill("[name=password]", "wrong")
    await page.click(".chat-login button")

    await expect(page.locator(".chat-problem")).not_to_be_empty()
    await expect(page.locator(".chat-login button")).to_have_text("Войти")


async def test_customer_stays_signed_in_over_reloads_until_signing_out(browser, server, user):
    chat = await open_chat(browser, server, user)

    await chat.reload()
    await is_connected(chat)
    await chat.get_by_role("button", name="Sign out").click()

    await expect(chat.locator(".chat-login")).to_be_visible()
    assert await chat.evaluate("sessionStorage.length") == 0


async def test_guest_writes_without_any_form(browser, server):
    page = await new_page(browser)
    await page.goto(address(server, "/support/"))

    await page.get_by_role("button", name="Write to us").click()
    await is_connected(page)
    await write(page, "Is there nut in the brownie?")

    await shows(page, "Is there nut in the brownie?")
