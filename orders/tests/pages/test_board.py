"""What baristas do on the board, tap by tap."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.async_api import expect

from cart.tests.factories import CartItemFactory
from orders.models import Order
from orders.moving import move_order, report_missing
from orders.services import change_order
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from orders.tests.pages.conftest import in_thread, open_board
from products.models import Branch
from products.tests.factories import BranchFactory
from users.models import CustomUser
from users.tests.factories import UserFactory
from users.tests.pages import PASSWORD, give_password, new_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio(loop_scope="session")]

MANY = 15


def ticket(page, order):
    return page.locator(".ticket", has=page.locator(".ticket-number", has_text=order.number))


def status_of(order) -> str:
    return Order.objects.get(pk=order.pk).status


def cancel(order) -> None:
    """As its customer does."""
    customer = CustomUser.objects.get(pk=order.user_id)
    change_order(order_id=order.pk, by=customer, status=Status.CANCELLED)


async def comes_to(wanted: object, look: Callable[[], object]) -> None:
    """Look into the database until it says so; half a minute at the most."""
    for _ in range(300):
        if (found := await in_thread(look)) == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{found}, not {wanted}")


async def has_status(order, status: str) -> None:
    await comes_to(status, lambda: status_of(order))


async def is_seen(order) -> None:
    """The board has told that it shows the order."""
    await comes_to(True, lambda: Order.objects.get(pk=order.pk).seen_at is not None)


async def appears(page, order) -> float:
    """When the order's ticket is there, in seconds of our own clock."""
    await page.wait_for_function(
        "number => [...document.querySelectorAll('.ticket-number')].some((one) => one.textContent === number)",
        arg=order.number,
        polling=20,
    )
    return time.monotonic()


async def test_two_boards_work_off_a_rush_without_page_loads(browser, server, barista, branch):
    """15 orders on two boards, one cancelled by its customer, one recalled: taps are counted, nothing is missed."""
    left = await open_board(browser, server, barista, branch)
    right = await open_board(browser, server, barista, branch)
    loads, taps, delays, orders = [], 0, [], []
    for page in (left, right):
        page.on("framenavigated", lambda frame: loads.append(frame.url))

    for _ in range(MANY):
        order = await in_thread(OrderFactory, branch=branch, quantity=2)
        placed = time.monotonic()
        moments = await asyncio.gather(*(appears(page, order) for page in (left, right)))
        delays += [moment - placed for moment in moments]
        orders.append(order)
    cancelled, recalled, *others = orders
    await in_thread(cancel, cancelled)
    made = [recalled, *others]
    taps += sum(await asyncio.gather(make(left, made[::2]), make(right, made[1::2])))
    await expect(ready_item(right, recalled)).to_be_visible()  # or it would still be preparing there
    await ready_item(left, recalled).locator(".ticket-more").click()
    await left.locator('[data-panel="order"] [data-act="back"]').click()
    await expect(ticket(right, recalled)).to_have_attribute("data-status", "preparing")
    await ticket(right, recalled).locator(".ticket-head").click()
    for order in [recalled, *others]:
        await ready_item(right, order).locator(".ready-hand").click()
        taps += 1

    for order in [recalled, *others]:
        await has_status(order, "completed")
    await has_status(cancelled, "cancelled")
    for page in (left, right):
        await expect(page.locator(".ready-item")).to_have_count(0)
        await expect(page.locator('.ticket:not([data-status="cancelled"])')).to_have_count(0)
        assert page.problems == []
    assert loads == []
    assert taps / len(others) <= 6
    print(f"\norder to board: median {statistics.median(delays):.3f} s, longest {max(delays):.3f} s; {taps} taps")


async def make(page, orders) -> int:
    """Each order, from new to ready. Returns by how many taps."""
    for order in orders:
        await ticket(page, order).locator(".ticket-head").click()  # accept
        await expect(ticket(page, order)).not_to_have_attribute("data-status", "pending")
        await ticket(page, order).locator(".ticket-head").click()  # all is made
    return 2 * len(orders)


def ready_item(page, order):
    return page.locator(".ready-item", has=page.locator(".ready-number", has_text=order.number))


async def test_tap_makes_a_cup_and_another_undoes_it(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, quantity=3, status=Status.ACCEPTED)
    page = await open_board(browser, server, barista, branch)
    cups = ticket(page, order).locator(".cup")

    await cups.nth(0).click()
    await has_status(order, "preparing")
    await expect(ticket(page, order).locator(".ticket-begun")).to_have_text("begun by vera")
    await cups.nth(0).click()

    await expect(cups.nth(0)).to_have_attribute("aria-pressed", "false")
    await expect(cups).to_have_count(3)


async def test_each_undo_takes_back_one_tap(browser, server, barista, branch):
    order = await in_thread(order_of_two_lines, branch)
    page = await open_board(browser, server, barista, branch)
    cups, undo = ticket(page, order).locator(".cup"), page.locator(".top-undo")

    await cups.nth(0).click()  # the only one of its line
    await ticket(page, order).locator(".ticket-head").click()  # the other line's two
    await has_status(order, "ready")

    await undo.click()
    await expect(ticket(page, order).locator('.cup[aria-pressed="true"]')).to_have_count(1)
    await has_status(order, "preparing")

    await undo.click()
    await expect(ticket(page, order).locator('.cup[aria-pressed="true"]')).to_have_count(0)
    await expect(undo).to_be_disabled()


async def test_undo_offline_leaves_the_cup_before(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, quantity=3, status=Status.ACCEPTED)
    page = await open_board(browser, server, barista, branch)
    await page.context.set_offline(True)

    await ticket(page, order).locator(".cup").nth(0).click()
    await ticket(page, order).locator(".cup").nth(1).click()
    await page.locator(".top-undo").click()

    await expect(ticket(page, order).locator('.cup[aria-pressed="true"]')).to_have_count(1)
    await page.context.set_offline(False)
    await comes_to(1, lambda: order.items.get().made)


def order_of_two_lines(branch) -> Order:
    user = UserFactory()
    CartItemFactory(user=user)
    return OrderFactory(user=user, branch=branch, quantity=2, status=Status.ACCEPTED)


async def test_cancelled_order_is_struck_through_until_dismissed(browser, server, barista, branch):
    page = await open_board(browser, server, barista, branch)
    order = await in_thread(OrderFactory, branch=branch)
    await appears(page, order)
    await is_seen(order)

    await in_thread(cancel, order)

    await expect(ticket(page, order).locator(".ticket-cancelled")).to_be_visible()
    await ticket(page, order).locator('[data-act="dismiss"]').click()
    await expect(ticket(page, order)).to_have_count(0)


async def test_board_that_shows_an_order_has_seen_it(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch)
    page = await open_board(browser, server, barista, branch)
    await appears(page, order)

    await is_seen(order)


async def test_order_in_the_drawer_is_seen_too(browser, server, barista, branch):
    later = timezone.now() + timedelta(hours=3)
    order = await in_thread(OrderFactory, branch=branch, pickup_at=later)

    page = await open_board(browser, server, barista, branch)

    await expect(page.locator(".later-count")).to_have_text("1")
    await is_seen(order)


async def test_order_accepted_elsewhere_rings_until_touched(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=await in_thread(BranchFactory), status=Status.ACCEPTED)
    page = await open_board(browser, server, barista, branch)

    await in_thread(move_order, order_id=order.pk, branch=branch, by=await in_thread(lambda: order.user))
    await in_thread(order.refresh_from_db)
    await expect(ticket(page, order)).to_have_class("ticket is-new")
    await ticket(page, order).locator(".ticket-head").click()

    await expect(ticket(page, order)).to_have_class("ticket")
    await ticket(page, order).locator(".ticket-head").click()
    await has_status(order, "ready")


async def test_long_names_and_a_full_row_fit_a_phone(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, status=Status.ACCEPTED, customer_name="W" * 80)
    await in_thread(OrderFactory.create_batch, 5, branch=branch, status=Status.READY)

    page = await open_board(browser, server, barista, branch, viewport={"width": 320, "height": 640})
    await appears(page, order)

    assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_order_made_anew_is_missing_no_more(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, status=Status.PREPARING)
    await in_thread(change_order, order_id=order.pk, by=barista, status=Status.READY)
    page = await open_board(browser, server, barista, branch)

    await in_thread(report_missing, order_id=order.pk, by=await in_thread(lambda: order.user))
    await expect(ready_item(page, order).locator(".ready-missing")).to_be_visible()
    for status in (Status.PREPARING, Status.READY):
        await in_thread(change_order, order_id=order.pk, by=barista, status=status)

    await expect(ready_item(page, order).locator(".ready-missing")).to_be_hidden()


async def test_taps_without_a_connection_are_kept_and_sent_later(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, quantity=2, status=Status.ACCEPTED)
    page = await open_board(browser, server, barista, branch)
    await appears(page, order)

    await page.context.set_offline(True)
    await ticket(page, order).locator(".cup").nth(0).click()
    await expect(ticket(page, order).locator(".cup").nth(0)).to_have_attribute("aria-pressed", "true")
    assert await in_thread(status_of, order) == "accepted"
    await page.context.set_offline(False)

    await has_status(order, "preparing")


async def test_order_made_and_handed_over_offline_is_completed(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch)
    page = await open_board(browser, server, barista, branch)
    await appears(page, order)

    await page.context.set_offline(True)
    for _ in ("accept", "make"):
        await ticket(page, order).locator(".ticket-head").click()
    await ready_item(page, order).locator(".ready-hand").click()
    await page.context.set_offline(False)

    await has_status(order, "completed")
    steps = await in_thread(lambda: list(order.events.order_by("pk").values_list("status", flat=True)))
    assert steps[-4:] == ["accepted", "preparing", "ready", "completed"]


async def test_ticket_tells_of_a_tap_that_was_refused(browser, server, barista, branch):
    order = await in_thread(OrderFactory, branch=branch, status=Status.ACCEPTED, quantity=2)
    page = await open_board(browser, server, barista, branch)
    await is_seen(order)

    await page.context.set_offline(True)
    await ticket(page, order).locator(".cup").nth(0).click()
    await in_thread(cancel, order)
    await page.context.set_offline(False)

    await expect(ticket(page, order).locator(".ticket-refusal")).to_be_visible()
    await expect(ticket(page, order).locator(".ticket-cancelled")).to_be_visible()


async def test_board_tells_its_age_and_turns_red_when_stale(browser, start, barista, branch):
    server = start()
    page = await open_board(browser, server, barista, branch)
    await page.clock.install()

    server.process.kill()
    await page.clock.run_for(20_000)
    await expect(page.locator("body")).to_have_attribute("data-proof", "stale")
    await page.clock.run_for(30_000)

    await expect(page.locator("body")).to_have_attribute("data-proof", "untrusted")
    await expect(page.locator(".band-untrusted")).to_be_visible()


async def test_board_without_a_shift_says_that_it_is_silent(browser, server, barista, branch):
    page = await open_board(browser, server, barista, branch)

    await page.reload()

    await expect(page.locator(".band-silent")).to_be_visible()


async def test_who_works_nowhere_is_told_so(browser, server, branch):
    stranger = await in_thread(UserFactory)
    await in_thread(give_password, stranger)
    page = await new_page(browser)
    await page.goto(server.address("/board/"))
    await page.fill("[name=username]", stranger.username)
    await page.fill("[name=password]", PASSWORD)
    await page.click(".sign-in button")

    await expect(page.locator(".branches-none")).to_be_visible()


async def test_screen_shows_numbers_and_no_names(browser, server, branch):
    guest = await in_thread(UserFactory, first_name="Aurelia")
    made = await in_thread(OrderFactory, branch=branch, status=Status.PREPARING, user=guest)
    ready = await in_thread(OrderFactory, branch=branch, status=Status.READY)

    page = await new_page(browser)
    await page.goto(server.address(f"/board/{branch.slug}/screen/"))

    await expect(page.locator('[data-of="making"] li')).to_have_text([made.number])
    await expect(page.locator('[data-of="ready"] li')).to_have_text([ready.number])
    assert "Aurelia" not in await page.content()


async def test_screen_fits_a_phone_and_tells_the_branchs_time(browser, server, branch):
    await in_thread(OrderFactory.create_batch, 6, branch=branch, status=Status.READY)
    await in_thread(Branch.objects.filter(pk=branch.pk).update, timezone="Asia/Tokyo")

    page = await new_page(browser, viewport={"width": 320, "height": 640}, timezone_id="America/New_York")
    await page.goto(server.address(f"/board/{branch.slug}/screen/"))

    for row in range(6):
        await expect(page.locator('[data-of="ready"] li').nth(row)).to_be_in_viewport(ratio=1)
    there = timezone.now().astimezone(ZoneInfo("Asia/Tokyo"))
    await expect(page.locator(".screen-time")).to_have_text(
        re.compile(f"{there:%H}:..|{there + timedelta(minutes=1):%H}:..")
    )
