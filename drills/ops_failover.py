"""The PostgreSQL that takes writes is killed and its standby promoted, again and again, while customers order and chat.

Both are in `DATABASE_URL`; the standby confirms each commit before it is answered. Nothing acknowledged is lost and
nothing is doubled; five seconds after the promotion everybody orders again, without a restart of ours. The one
that was killed comes back as the standby of the other.
"""

import asyncio
import shutil
import time
from contextlib import contextmanager

import psycopg2

from drills import require
from drills.chat import LONG, UNLIMITED, compare_books, hear, make_people, socket_of, write
from drills.chat_cuts import Writer
from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import Shop, open_shop
from postgres import Postgres, free_port


def drill(short: bool) -> dict:
    rounds, talkers, each = (1, 3, 40) if short else (6, 5, 200)
    with open_shop(**LONG, **UNLIMITED) as shop, standby_of(shop.postgres) as standby:
        pair = Pair(shop, standby)
        people = make_people(talkers)
        for kind in ("web", "ws", "ws", "mail"):
            shop.add(kind, DATABASE_URL=pair.url).restart()
        writers = [Talker(person, shop.ws, each) for person in people]
        with Wire(*(server.port for server in (*shop.web, *shop.ws))) as proxy:
            with Load(proxy.port, customers=4, sockets=shop.ws[0].port) as load:
                recoveries = asyncio.run(fail_over_while_writing(writers, pair, load, rounds))
            figures = load.settle()
        messages = compare_books(people, shop)
        for writer in writers:
            writer.compare()
        require(messages == talkers * each, f"{messages} messages are stored, {talkers * each} were sent")
        require(shop.of("mail")[0].process.poll() is None, "the mail sender did not survive")
        require_recovery(recoveries)
        figures |= {"fail-overs": rounds, "seconds to recover": recoveries, "messages": messages}
        return figures | {"lost, doubled": 0, "books": shop.check_integrity()}


class Talker(Writer):
    """A customer who writes ten times a second, to another server when one does not answer."""

    async def write(self, waiting: list[str]) -> None:
        after = self.heard[-1]["seq"] if self.heard else 0
        server = self.chance.choice(self.servers)
        async with asyncio.timeout(10), socket_of(self.person, server, f"?after={after}") as socket:
            while waiting:
                client_id = waiting[0]
                await write(socket, self.texts[client_id], client_id=client_id)
                async with asyncio.timeout(2):
                    while waiting and waiting[0] == client_id:
                        self.take(await hear(socket), waiting)
                await asyncio.sleep(0.1)


async def fail_over_while_writing(writers: list[Talker], pair: "Pair", load: Load, rounds: int) -> list[float]:
    recoveries = []
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(writer.run()) for writer in writers]
        total = sum(len(writer.texts) for writer in writers)
        for number in range(1, rounds + 1):
            while sum(len(writer.heard) for writer in writers) < total * number / (rounds + 1):
                require(not all(task.done() for task in running), "all was written before the last fail-over")
                await asyncio.sleep(0.05)
            await asyncio.to_thread(pair.fail_over, crash=number % 2 == 1)
            recoveries.append(await asyncio.to_thread(load.wait_for_progress, time.monotonic()))
            await asyncio.to_thread(pair.rejoin)
    return recoveries


class Pair:
    """Two PostgreSQL, of which one takes writes and the other follows."""

    def __init__(self, shop: Shop, standby: Postgres):
        self.shop, self.primary, self.standby = shop, shop.postgres, standby
        self.url = f"postgres://postgres@127.0.0.1:{self.primary.port},127.0.0.1:{standby.port}/postgres"
        shop.env["DATABASE_URL"] = self.url

    def fail_over(self, crash: bool) -> None:
        """Promote the standby, as Patroni or a hosting company does: the primary is gone for a second before that."""
        self.primary.stop("immediate" if crash else "fast")
        time.sleep(1)
        self.primary, self.standby = self.standby, self.primary
        confirm(self.primary, False)  # there is nobody yet who could
        self.primary.programs.run("pg_ctl", "promote", "-w", "-D", str(self.primary.data))
        follow(self.primary)

    def rejoin(self) -> None:
        make_standby(self.standby, of=self.primary)


def make_standby(standby: Postgres, *, of: Postgres) -> None:
    shutil.rmtree(standby.data, ignore_errors=True)
    copy = ("-D", str(standby.data), "-d", of.url.replace("postgres://", "postgresql://"), "-R", "-c", "fast")
    standby.programs.run("pg_basebackup", *copy)
    with (standby.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"port = {standby.port}\n")
    standby.start()
    confirm(of, True)


def confirm(server: Postgres, is_needed: bool) -> None:
    """Turn synchronous replication on or off: whether a commit waits for the standby."""
    ask(server, f"ALTER SYSTEM SET synchronous_standby_names = '{'*' if is_needed else ''}'")
    ask(server, "SELECT pg_reload_conf()")


def ask(server: Postgres, sql: str) -> None:
    connection = psycopg2.connect(server.url)
    try:
        connection.autocommit = True
        connection.cursor().execute(sql)
    finally:
        connection.close()


def follow(server: Postgres) -> None:
    """The drill's own connection goes to the one that takes writes."""
    from django.db import connection

    connection.close()
    connection.settings_dict["PORT"] = server.port


@contextmanager
def standby_of(primary: Postgres):
    standby = Postgres(primary.programs, primary.data.with_name("standby"), free_port())
    make_standby(standby, of=primary)
    try:
        yield standby
    finally:
        for server in (primary, standby):
            if (server.data / "postmaster.pid").exists():
                server.stop()
