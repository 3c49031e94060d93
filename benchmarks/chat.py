"""The chat: stored messages beside unstored frames, beside 2,000 idle sockets, beside a bare `websockets` server."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks import Table, machine
from benchmarks.rounds import Pace, Series, compared, take_turns
from benchmarks.stage import memory, open_stage, perform
from benchmarks.talk import Client, Floor, Person, Place, in_turn, write
from drills import require
from drills.shop import PATIENCE, Process

CUSTOMERS, IDLE, LISTENERS = 100, 2000, 50


def bench(short: bool) -> list[Table]:
    idle = 100 if short else IDLE
    pace = Pace.of(short)
    with open_stage() as shop, asyncio.Runner() as runner:
        talkers, sleepers, staff = cast(idle)
        quiet, crowded, rival = perform(shop, "ws"), perform(shop, "ws"), perform(shop, "sockets")
        empty = memory(crowded)
        with sleeping(crowded, sleepers):
            each = 1024 * (memory(crowded) - empty) / idle
            floors = {
                name: runner.run(Floor.open(place, talkers, staff[:1]))
                for name, place in {
                    "quiet": Place(quiet.port, True),
                    "crowded": Place(crowded.port, True),
                    "rival": Place(rival.port, False),
                }.items()
            }
            crowd = f"stored, beside {idle:,} idle sockets"
            candidates = {
                "stored": (floors["quiet"], write),
                "not stored (`typing`)": (floors["quiet"], partial(signal, floors["quiet"].staff[0])),
                crowd: (floors["crowded"], write),
                "bare `websockets` server, stored": (floors["rival"], write),
            }
            series = take_turns(
                {
                    name: lambda seconds, floor=floor, once=once: runner.run(in_turn(floor, seconds, once))
                    for name, (floor, once) in candidates.items()
                },
                pace,
            )
            for floor in floors.values():
                runner.run(floor.close())
            delivered = fan_out(runner, quiet, talkers[:1], staff, pace)
    to = ["not stored (`typing`)", "bare `websockets` server, stored"]
    title = f"{CUSTOMERS} customers at once, one of the staff hears all of them"
    return [
        compared(title, series, to=["stored", *to], unit="messages/s"),
        compared(f"One message to {LISTENERS} listeners", {"deliveries": delivered}, to=[], unit="deliveries/s"),
        Table("Memory", ["", "KiB"], [["one idle socket", f"{each:.0f}"]]),
    ]


def cast(idle: int) -> tuple[list[Person], list[Person], list[Person]]:
    """Customers who talk, customers who only keep a socket open, and staff."""
    from benchmarks.fill import bearer, people
    from support.models import Conversation
    from users.models import Role

    customers = people(CUSTOMERS + idle)
    conversations = Conversation.objects.bulk_create(Conversation(customer=customer) for customer in customers)
    everybody = [
        Person(bearer(customer).removeprefix("Bearer "), conversation.pk)
        for customer, conversation in zip(customers, conversations, strict=True)
    ]
    staff = [Person(bearer(member).removeprefix("Bearer ")) for member in people(LISTENERS, Role.ADMIN)]
    return everybody[:CUSTOMERS], everybody[CUSTOMERS:], staff


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
        holder.wait(PATIENCE)


async def signal(listener: Client, customer: Client) -> None:
    """A frame that is passed on and not stored."""
    heard = listener.expect("typing", customer.conversation)
    await customer.say("typing")
    await listener.wait(heard)


def fan_out(
    runner: asyncio.Runner, server: Process, customers: list[Person], staff: list[Person], pace: Pace
) -> Series:
    """How many sockets a second hear a message, when one customer talks and all the staff listens."""
    floor = runner.run(Floor.open(Place(server.port, True), customers, staff))

    series = take_turns({"deliveries": lambda seconds: runner.run(deliver(floor, seconds))}, pace)
    runner.run(floor.close())
    return series["deliveries"]


async def deliver(floor: Floor, seconds: float) -> float:
    """Until the last of the staff has heard the last message."""
    began, (customer,) = time.perf_counter(), floor.customers
    before = customer.heard
    await in_turn(floor, seconds, write)
    async with asyncio.timeout(PATIENCE):
        while any(member.heard < customer.heard for member in floor.staff):
            await asyncio.sleep(0.001)
    return (customer.heard - before) * len(floor.staff) / (time.perf_counter() - began)
