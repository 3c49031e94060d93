"""A day from opening to closing, and the account of it."""

import asyncio
import time
from collections import Counter

import aiohttp

from drills import Failed
from drills.day import books as stored
from drills.day import chain as chains
from drills.day import report
from drills.day.bar import Bar, Tablet
from drills.day.chat import StaffChat
from drills.day.client import Client, Town
from drills.day.customers import Regulars, come_in
from drills.day.happenings import Happenings
from drills.day.ledger import Board, Books, losses, missed
from drills.shop import Shop

WHOLE = 20  # true seconds until every board has to show the truth, and every message to be acknowledged
EVERY = 60  # seconds between two lines about a day that is watched


class Day:
    def __init__(self, town: Town, shop: Shop, chain: chains.Chain, emails: Counter):
        self.town, self.shop, self.chain, self.emails = town, shop, chain, emails
        self.bars = {slug: Bar(slug, staff, town) for slug, staff in chain.staff.items()}
        self.chats = [StaffChat(account.token, town) for account in chain.admins]
        self.admin = Client(town, chain.admins[0].token)

    async def spend(self) -> list[str]:
        """Returns what was lost, in words."""
        timeout, connector = aiohttp.ClientTimeout(total=30), aiohttp.TCPConnector(limit=100)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as self.town.session:
            try:
                await self.open_and_close()
            except* Failed as failures:
                self.town.ledger.odd += [str(failure) for failure in failures.exceptions]
            lost = await self.settle()
            return lost or await self.control()

    async def open_and_close(self) -> None:
        async with asyncio.TaskGroup() as staff:
            working = [staff.create_task(worker.work()) for worker in (*self.bars.values(), *self.chats)]
            if self.town.plan.is_watched:
                working.append(staff.create_task(self.tell()))
            happening = staff.create_task(Happenings(self.town, self.shop, self.bars).happen())
            await self.let_customers_come()
            await happening
            for bar in self.bars.values():
                await bar.close()
            await self.let_all_be_told()
            for task in working:
                task.cancel()

    async def let_customers_come(self) -> None:
        regulars = Regulars(self.town, self.chain.regulars)
        async with asyncio.TaskGroup() as customers:
            for moment in self.town.plan.arrivals:
                await self.town.clock.sleep_until(moment)
                customers.create_task(come_in(self.town, self.bars, regulars))

    async def let_all_be_told(self) -> None:
        deadline = time.monotonic() + WHOLE
        while not self.is_settled() and time.monotonic() < deadline:
            await asyncio.sleep(0.2)

    def is_settled(self) -> bool:
        boards = [text for board in self.boards() for text in missed(board, self.town.ledger)]
        return not boards and None not in self.town.ledger.messages.values()

    async def tell(self) -> None:
        while True:
            await self.town.clock.sleep(EVERY)
            print(report.line(self.town.clock.now(), self.town.ledger), flush=True)

    # --- The account --------------------------------------------------------------------------------------------------

    async def settle(self) -> list[str]:
        for chat in self.chats:
            self.town.ledger.odd += chat.odd
        books = await self.read()
        lost = list(losses(self.town.ledger, books, self.boards(), chains.CODES))
        print(*report.lines(self.town.ledger, books), *self.more_lines(), sep="\n")
        print(report.row("lost", len(lost)), *(f"    {text}" for text in lost[:20]), sep="\n", flush=True)
        return lost

    async def read(self) -> Books:
        return await stored.read_books(self.admin, self.town.plan)

    def boards(self) -> list[Board]:
        return [board_of(tablet) for bar in self.bars.values() for tablet in bar.tablets]

    def more_lines(self) -> list[str]:
        tablets = [tablet for bar in self.bars.values() for tablet in bar.tablets]
        delays = [delay for tablet in tablets for delay in tablet.delays]
        # No loss: the versions say so. A server remembers for a minute what it told, and here minutes are short.
        return [
            report.row("order to board, true seconds", report.delays(delays)),
            report.row("frames told twice", sum(len(tablet.told_twice) for tablet in tablets)),
            report.row("e-mails", self.emails.total()),
        ]

    async def control(self) -> list[str]:
        """The books balance; then an order is dropped behind the shop's back, which has to be found."""
        print(report.row("books", self.shop.check_integrity()), flush=True)
        dropped = await asyncio.to_thread(stored.drop_an_order)
        found = [text for text in losses(self.town.ledger, await self.read()) if f"order {dropped} " in text]
        print(report.row("control, an order dropped", *found or ["not found"]), flush=True)
        return [] if found else ["an order that was dropped on purpose was not found: this proves nothing"]


def board_of(tablet: Tablet) -> Board:
    book = {pk: order["status"] for pk, order in tablet.book.items() if order["branch"] == tablet.branch}
    return Board(tablet.name, tablet.branch, set(tablet.seen_at), book, tablet.odd)
