"""The chat: messages stored, beside a server of ours that does not, beside idle sockets, beside bare `websockets`."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks import Table, machine
from benchmarks.rounds import Pace, Series, compared, take_turns
from benchmarks.stage import memory, open_stage, perform
from benchmarks.talk import Floor, Person, Place, in_turn, write
from drills import require
from drills.chat import UNLIMITED
from drills.shop import TIMEOUT, Process

CUSTOMERS, IDLE, LISTENERS = 100, 2000, 50
STORED, UNSTORED, RIVAL = "stored", "the same, not stored", "bare `websockets` server, stored"


def bench(short: bool) -> list[Table]:
    idle = 100 if short else IDLE
    pace = Pace.of(short)
    crowd = f"stored, beside {idle:,} idle sockets"
    with open_stage(**UNLIMITED) as shop, asyncio.Runner() as runner:
        # No other socket hears what is said at one of them.
        servers = {
            STORED: perform(shop, "ws", REDIS_PREFIX="quiet"),
            UNSTORED: perform(shop, "unstored", REDIS_PREFIX="unstored"),
            crowd: perform(shop, "ws", REDIS_PREFIX="crowded"),
            RIVAL: perform(shop, "sockets"),
        }
        talkers = {name: customers(CUSTOMERS) for name in servers}
        sleepers, staff = customers(idle), members(LISTENERS)
        empty = memory(servers[crowd])
        with sleeping(servers[crowd], sleepers):
            each = 1024 * (memory(servers[crowd]) - empty) / idle
            floors = {
                name: runner.run(Floor.open(Place(server.port, name != RIVAL), talkers[name], staff[:1]))
                for name, server in servers.items()
            }
            series = take_turns(
                {
                    name: lambda seconds, floor=floor: runner.run(in_turn(floor, seconds, write))
                    for name, floor in floors.items()
                },
                pace,
            )
            for floor in floors.values():
                runner.run(floor.close())
            delivered = fan_out(runner, servers[STORED], talkers[STORED][:1], staff, pace)
    title = f"{CUSTOMERS} customers at once, one of the staff hears all of them"
    return [
        compared(title, series, to=[STORED, UNSTORED, RIVAL], unit="messages/s"),
        compared(f"One message to {LISTENERS} listeners", {"deliveries": delivered}, to=[], unit="deliveries/s"),
        Table("Memory", ["", "KiB"], [["one idle socket", f"{each:.0f}"]]),
    ]


def customers(number: int) -> list[Person]:
    from benchmarks.fill import people
    from support.models import Conversation

    new = people(number)
    conversations = Conversation.objects.bulk_create(Conversation(customer=customer) for customer in new)
    return [Person(token(one.customer), one.pk) for one in conversations]


def members(number: int) -> list[Person]:
    from benchmarks.fill import people
    from users.models import Role

    return [Person(token(member)) for member in people(number, Role.ADMIN)]


def token(user) -> str:
    from benchmarks.fill import bearer

    return bearer(user).removeprefix("Bearer ")


@contextmanager
def sleeping(server: Process, sleepers: list[Person]) -> Iterator[None]:
    """Sockets that somebody else keeps open, and does nothing with."""
    command = [sys.executable, "-m", "benchmarks.idle", str(server.port)]
    with machine.pinned(machine.CLIENT):
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        holder.stdin.write("\n".join(person.token for person in sleepers))
        holder.stdin.close()
        require(holder.stdout.readline() == "open\n", "The idle sockets did not open")
        yield
    finally:
        holder.kill()
        holder.wait(TIMEOUT)


def fan_out(runner: asyncio.Runner, server: Process, talkers: list[Person], staff: list[Person], pace: Pace) -> Series:
    """Deliveries per second, when one customer talks and all the staff listens."""
    floor = runner.run(Floor.open(Place(server.port, True), talkers, staff))
    series = take_turns({"deliveries": lambda seconds: runner.run(deliver(floor, seconds))}, pace)
    runner.run(floor.close())
    return series["deliveries"]


async def deliver(floor: Floor, seconds: float) -> float:
    """Until the last of the staff has heard the last message."""
    began, (customer,) = time.perf_counter(), floor.customers
    before, ahead = customer.heard, [customer.heard - member.heard for member in floor.staff]
    await in_turn(floor, seconds, write)
    async with asyncio.timeout(TIMEOUT):
        while any(member.heard + more < customer.heard for member, more in zip(floor.staff, ahead, strict=True)):
            await asyncio.sleep(0.001)
    return (customer.heard - before) * len(floor.staff) / (time.perf_counter() - began)
