"""Messages per second through one daphne, stored, against the same consumer that does not store: at least half."""

import asyncio

from drills import require
from drills.chat import LONG, UNLIMITED, compare_books, make_people, median_ratio, messages_per_second, pairs_of, spread
from drills.shop import open_shop

LEAST = 0.5


def drill(short: bool) -> dict:
    number, rounds, seconds = (20, 3, 2) if short else (100, 7, 5)
    with open_shop(ws=1, **LONG, **UNLIMITED) as shop:
        unstored = shop.add("unstored")
        unstored.restart()
        people, others = make_people(number), make_people(number)
        with_store, without = asyncio.run(measure(shop.ws[0], people, unstored, others, rounds, seconds))
        stored = compare_books(people, shop)
    ratio = median_ratio(with_store, without)
    figures = {
        "pairs": number,
        "stored messages/s, median (range)": spread(with_store),
        "unstored messages/s": spread(without),
        "ratio, median of rounds": round(ratio, 2),
        "messages that HTTP, socket and database agree on": stored,
    }
    require(ratio >= LEAST, f"{figures}")
    return figures


async def measure(stored, people, unstored, others, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    async with pairs_of(people, stored) as pairs, pairs_of(others, unstored) as other_pairs:
        for each in (pairs, other_pairs):
            await messages_per_second(each, 1)  # warm
        results = [
            (await messages_per_second(pairs, seconds), await messages_per_second(other_pairs, seconds))
            for _ in range(rounds)
        ]
    return tuple(zip(*results, strict=True))
