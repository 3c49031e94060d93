"""Ten clients on a dying signal write while the servers are killed: nothing lost, nothing doubled, all in order.

Two daphne processes; after a fifth of the messages the client cuts its connection and finds another server; five times
a server is killed with -9 and started again. Clients do as the contract says: they send again with the same `client_id`
until they hear the message, and come back with `?after=`. At the end HTTP, socket and database must tell the same.
Without the row lock the same drill has to fail, or it would prove nothing.
"""

import asyncio
import random
import uuid

from websockets.exceptions import WebSocketException

from drills import Failed, require
from drills.chat import LONG, UNLIMITED, Person, compare_books, database_history, hear, make_people, socket_of, write
from drills.shop import Process, open_shop

CUTS = 0.2
LOST = (WebSocketException, OSError, EOFError)


def drill(short: bool) -> dict:
    clients, each, kills = (4, 50, 1) if short else (10, 1000, 5)
    with open_shop(ws=2, **LONG, **UNLIMITED) as shop:
        people = make_people(clients)
        writers = [Writer(person, shop.ws, each) for person in people]
        asyncio.run(break_while_writing(writers, shop.ws, kills))
        total = compare_books(people, shop)
        for writer in writers:
            writer.compare()
        control_says = control()
    require(total == clients * each, f"{total} messages are stored, {clients * each} were sent")
    return {
        "messages": total,
        "lost, doubled or out of order": 0,
        "connections cut": sum(writer.cuts for writer in writers),
        "servers killed": kills,
        "connections lost to them": sum(writer.losses for writer in writers),
        "control without the row lock": control_says,
    }


class Writer:
    """A client that keeps what it heard as an app would: by `seq`, and its own words until it hears them."""

    def __init__(self, person: Person, servers: list[Process], number: int):
        self.person, self.servers = person, servers
        self.texts = {str(uuid.uuid4()): f"Сообщение {index}" for index in range(number)}
        self.heard: list[dict] = []
        self.chance = random.Random(person.id)  # noqa: S311 -- the same cuts each time
        self.cuts = self.losses = 0

    async def run(self) -> None:
        waiting = list(self.texts)
        while waiting:
            try:
                await self.write(waiting)
            except (*LOST, TimeoutError):
                self.losses += 1
                await asyncio.sleep(0.05)

    async def write(self, waiting: list[str]) -> None:
        after = self.heard[-1]["seq"] if self.heard else 0
        async with socket_of(self.person, self.chance.choice(self.servers), f"?after={after}") as socket:
            while waiting:
                client_id = waiting[0]
                await write(socket, self.texts[client_id], client_id=client_id)
                if self.chance.random() < CUTS:
                    self.cuts += 1
                    return socket.transport.abort()
                while waiting and waiting[0] == client_id:
                    self.take(await hear(socket), waiting)
        return None

    def take(self, frame: dict, waiting: list[str]) -> None:
        last = self.heard[-1]["seq"] if self.heard else 0
        if frame["seq"] > last:  # a repetition is answered with the first message, which may have been heard already
            require(frame["seq"] == last + 1, f"heard {frame['seq']} after {last}")
            self.heard.append(frame)
        if frame["client_id"] in waiting:
            waiting.remove(frame["client_id"])

    def compare(self) -> None:
        stored = database_history(self.person.conversation)
        require(
            [(frame["seq"], frame["client_id"], frame["text"]) for frame in self.heard] == stored[: len(self.heard)],
            "a client heard something else than is stored",
        )
        texts = [(client_id, text) for _seq, client_id, text in stored]
        require(texts == list(self.texts.items()), "messages are not in the order in which they were written")


async def break_while_writing(writers: list[Writer], servers: list[Process], kills: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(writer.run()) for writer in writers]
        total = sum(len(writer.texts) for writer in writers)
        for number in range(1, kills + 1):
            while sum(len(writer.heard) for writer in writers) < total * number / (kills + 1):
                require(not all(task.done() for task in running), "all was written before the last server was killed")
                await asyncio.sleep(0.05)
            server = servers[number % len(servers)]
            server.kill()
            await asyncio.to_thread(server.restart)


def control() -> str:
    """Sixteen threads post into one conversation with and without the row lock."""
    from support import sql

    with_lock = post_in_parallel()
    lock_sql = sql._lock_sql
    sql._lock_sql = lambda waits: lock_sql(waits).removesuffix("FOR UPDATE")
    try:
        without = post_in_parallel()
    finally:
        sql._lock_sql = lock_sql
    require(with_lock == (160, 0), f"with the lock {with_lock} were stored and refused")
    if without[1] == 0:
        raise Failed("without the row lock no message was refused: this drill proves nothing")
    return f"{without[1]} of {sum(without)} messages refused by the numbering's constraint"


def post_in_parallel() -> tuple[int, int]:
    """Count the messages stored, and those refused because another had the same number."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import IntegrityError, connection

    from support import services
    from users.models import CustomUser

    (person,) = make_people(1)
    author = CustomUser.objects.get(pk=person.id)

    def post(number: int) -> bool:
        try:
            services.post_message(
                conversation_id=person.conversation, author=author, client_id=uuid.uuid4(), text=f"{number}"
            )
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as pool:
        stored = list(pool.map(post, range(160)))
    return sum(stored), len(stored) - sum(stored)
