"""What staff do in the console besides talking."""

import uuid

import pytest
from playwright.async_api import expect

from realtime.threads import in_database
from support.models import Conversation, Message
from support.services import open_conversation
from support.tests.pages.conftest import choose, open_chat, open_console, shows, texts_of, write
from users.tests.factories import AdminFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


@pytest.fixture
def queue(admin_user) -> dict[str, Conversation]:
    return {name: open_conversation(UserFactory(username=name))[0] for name in ("chloe", "dmitri", "emma")}


async def test_queue_shows_the_longest_wait_first_with_unread_counts(browser, server, queue, posted, admin_user):
    await posted(queue["emma"], "first")
    await posted(queue["chloe"], "second")
    await posted(queue["chloe"], "second, too")
    await posted(queue["dmitri"], "third")
    await posted(queue["dmitri"], "answer", admin_user)

    console = await open_console(browser, server, admin_user)

    await expect(console.locator(".queue-name")).to_have_text(["emma", "chloe", "dmitri"])
    await expect(console.locator(".queue-unread")).to_have_text(["1", "2", ""])
    await expect(console).to_have_title("(3) Support console")


async def test_queue_follows_what_happens_elsewhere(browser, server, queue, admin_user):
    console = await open_console(browser, server, admin_user)
    await expect(console.locator(".queue-name")).to_have_count(3)

    chat = await open_chat(browser, server, queue["chloe"].customer)
    await write(chat, "Anybody there?")

    await expect(console.locator(".queue-name").first).to_have_text("chloe")
    await expect(console.locator(".queue-waits").first).to_have_text("waits 1 min")
    await expect(console).to_have_title("(1) Support console")


async def test_conversation_is_assigned_closed_and_reopened_for_all(browser, server, queue, admin_user):
    other_admin = await in_database(AdminFactory)(username="maria")
    console, other = [await open_console(browser, server, admin) for admin in (admin_user, other_admin)]
    customer = queue["emma"].customer

    await choose(console, customer)
    await console.get_by_role("button", name="Assign to me").click()
    await expect(console.locator(".conversation-standing")).to_have_text("Assigned to you")
    await choose(other, customer)
    await expect(other.locator(".conversation-standing")).to_have_text("Assigned to boss")
    await other.get_by_role("button", name="Unassign").click()
    await expect(console.locator(".conversation-standing")).to_have_text("Nobody's yet")

    await console.get_by_role("button", name="Close conversation").click()
    await expect(other.locator(".queue-name")).to_have_text(["dmitri", "chloe"])
    await other.get_by_role("button", name="Closed").click()
    await expect(other.locator(".queue-name")).to_have_text(["emma"])
    await other.get_by_role("button", name="Reopen").click()
    await expect(console.locator(".queue-name")).to_have_text(["emma", "dmitri", "chloe"])


async def test_closed_conversation_comes_back_when_its_customer_writes(browser, server, queue, admin_user):
    console = await open_console(browser, server, admin_user)
    await choose(console, queue["emma"].customer)
    await console.get_by_role("button", name="Close conversation").click()
    await expect(console.locator(".queue-name")).to_have_count(2)

    chat = await open_chat(browser, server, queue["emma"].customer)
    await expect(chat.locator(".chat-notice")).to_have_text("This conversation is closed. Write to open it again.")
    await write(chat, "One more thing…")

    await expect(console.locator(".queue-name").first).to_have_text("emma")
    await expect(chat.locator(".chat-notice")).to_be_hidden()


async def test_whole_console_works_by_keys(browser, server, queue, posted, admin_user):
    for text in ("one", "two"):
        await posted(queue["chloe"], text)
    console = await open_console(browser, server, admin_user)
    await expect(console.locator(".queue-name")).to_have_text(["chloe", "emma", "dmitri"])
    name, writing = console.locator(".conversation-customer"), console.locator(".thread-input")

    await console.keyboard.press("j")
    await expect(name).to_have_text("chloe")
    await expect(writing).to_be_focused()
    await console.keyboard.type("j is a letter here")
    await console.keyboard.press("Shift+Enter")
    await console.keyboard.type("and this a line")
    await console.keyboard.press("Enter")
    await shows(console, "one", "two", "j is a letter here\nand this a line")
    await console.keyboard.press("Alt+ArrowDown")
    await expect(name).to_have_text("emma")
    await console.keyboard.press("Escape")
    await expect(console.locator(".queue-item[aria-current]")).to_be_focused()
    await console.keyboard.press("k")
    await expect(name).to_have_text("chloe")
    await console.keyboard.press("Escape")
    await console.keyboard.press("Escape")
    await expect(console.locator(".conversation-empty")).to_be_visible()


async def test_history_loads_upwards_and_keeps_its_place(browser, server, conversation, user, admin_user):
    texts = await in_database(write_many)(conversation, 130)
    console = await open_console(browser, server, admin_user)
    await console.click(".queue-item")
    await expect(console.locator(".message").last).to_be_in_viewport()
    await expect(console.locator(".message")).to_have_count(50)

    await console.locator(".message").first.scroll_into_view_if_needed()
    await expect(console.locator(".message")).to_have_count(100)
    await expect(console.locator(".message-text", has_text=texts[80])).to_be_in_viewport()
    await console.locator(".message").first.scroll_into_view_if_needed()

    await shows(console, *texts)
    await expect(console.locator(".thread-start")).to_have_text("The conversation begins here.")


def write_many(conversation: Conversation, count: int) -> list[str]:
    Message.objects.bulk_create(
        Message(
            conversation=conversation,
            seq=seq,
            author=conversation.customer,
            is_staff=False,
            client_id=uuid.uuid4(),
            text=f"message {seq:03}",
        )
        for seq in range(1, count + 1)
    )
    conversation.last_seq = conversation.customer_read_seq = count
    conversation.save()
    return texts_of(conversation)


async def test_console_fits_on_a_phone_and_speaks_russian(browser, server, queue, posted, admin_user):
    await posted(queue["emma"], "длинноесловобезединогопробела" * 10)
    console = await open_console(browser, server, admin_user, **PHONE, locale="ru-RU")
    await expect(console.locator("[data-status=open]")).to_have_text("Открытые")
    assert await console.evaluate("document.documentElement.scrollWidth") == 360

    await console.locator(".queue-item", has_text="emma").tap()

    await expect(console.locator(".thread-composer button")).to_be_in_viewport(ratio=1)
    await expect(console.locator(".queue")).to_be_hidden()
    await expect(console.get_by_role("button", name="Взять себе")).to_be_in_viewport(ratio=1)
    assert await console.evaluate("document.documentElement.scrollWidth") == 360
    await console.get_by_role("link", name="Назад").tap()
    await expect(console.locator(".queue")).to_be_visible()


async def test_chat_page_fits_on_a_phone(browser, server, user):
    chat = await open_chat(browser, server, user, **PHONE)

    await write(chat, "W" * 300)

    await shows(chat, "W" * 300)
    await expect(chat.locator(".thread-composer button")).to_be_in_viewport(ratio=1)
    assert await chat.evaluate("document.documentElement.scrollWidth") == 360
