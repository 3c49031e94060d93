"""Plan of a day, made before it begins: arrivals, and faults by the hour."""

import argparse
import math
import random
from bisect import bisect
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")  # of every branch, so that eleven o'clock is one moment
LAST_ORDERS = timedelta(minutes=25)  # before closing nobody comes to order any more
PEAKS = {8: 3, 9: 3, 12: 4, 13: 3}  # how many come in these hours, for one in any other
CUPS = 2.0  # of an order, and more than there are on average
MOST_BUSY = 0.6  # of their time that baristas work in the worst half hour
HOURS = {"stop": time(11), "pause": time(12), "sleep": time(12, 4), "restart": time(12, 8)}
HOURS_OF_THE_RUSH = {"stop": time(12, 2), "pause": time(12, 5), "sleep": time(12, 8), "restart": time(12, 12)}
HOURS_OF_FAULTS = {
    "kill_web": time(9, 10),
    "kill_ws": time(9, 40),
    "lose_redis": time(10, 10),
    "kill_mail": time(11, 30),
    "crash_postgres": time(12, 30),
}


@dataclass(frozen=True)
class Plan:
    opens_at: datetime
    closes_at: datetime
    hours: dict[str, time]  # of what goes wrong, see `happenings`
    branches: int = 3
    orders: int = 600
    speed: float = 30.0
    seed: int = 1
    is_watched: bool = False

    @property
    def day(self) -> date:
        return self.opens_at.date()

    def at(self, hour: time) -> datetime:
        return datetime.combine(self.day, hour, ZONE)

    @cached_property
    def arrivals(self) -> list[datetime]:
        """Random arrival times, denser in the morning and at noon. The same for the same seed."""
        chance = random.Random(self.seed)  # noqa: S311 - nothing hangs on it
        open_minutes = int((self.closes_at - LAST_ORDERS - self.opens_at) / timedelta(minutes=1))
        minutes = [self.opens_at + timedelta(minutes=passed) for passed in range(open_minutes)]
        weights = [1 if self.is_watched else PEAKS.get(minute.hour, 1) for minute in minutes]
        chosen = chance.choices(minutes, weights, k=self.orders)
        return sorted(minute + timedelta(seconds=chance.uniform(0, 60)) for minute in chosen)

    @cached_property
    def baristas(self) -> int:
        """So many at each bar that the worst half hour keeps them busy for a part of it."""
        ends = [bisect(self.arrivals, come + timedelta(minutes=30)) for come in self.arrivals]
        worst = max(end - place for place, end in enumerate(ends))
        cups_an_hour = 2 * worst / self.branches * CUPS
        return min(20, max(2, math.ceil(cups_an_hour * 60 / 3600 / MOST_BUSY)))


def full_day() -> Plan:
    """Tomorrow: by a clock that is ahead nothing that is made today lies in the future."""
    day = datetime.now(ZONE).date() + timedelta(days=1)
    return Plan(datetime.combine(day, time(8), ZONE), datetime.combine(day, time(20), ZONE), HOURS)


def short_day() -> Plan:
    """Fifty minutes of the rush, with all that goes wrong on a day."""
    whole = full_day()
    opens, closes = whole.at(time(12)), whole.at(time(12, 50))
    return replace(whole, opens_at=opens, closes_at=closes, hours=HOURS_OF_THE_RUSH, branches=2, orders=40, speed=75.0)


def watched_day() -> Plan:
    now = datetime.now(ZONE)
    return Plan(now, now + timedelta(hours=12), HOURS, speed=1.0, is_watched=True)


def begin_now(plan: Plan) -> Plan:
    """A day that is watched begins when the servers are there, however long that took."""
    now = datetime.now(ZONE)
    return replace(plan, opens_at=now, closes_at=now + (plan.closes_at - plan.opens_at)) if plan.is_watched else plan


def parse(arguments: list[str]) -> Plan:
    """Raises SystemExit with a sentence."""
    parser = argparse.ArgumentParser(prog="run.py day", description=DESCRIPTION)
    parser.add_argument("--branches", type=whole(1, 9), help="how many branches the chain has (3)")
    parser.add_argument("--orders", type=whole(1, 20_000), help="how many customers come to order (600)")
    parser.add_argument("--speed", type=whole(1, 200), help="how many times as fast as a real day (30)")
    parser.add_argument("--seed", type=whole(1, 2**31), help="of all that is left to chance (1)")
    parser.add_argument("--faults", action="store_true", help="a crash of every process, of Redis and PostgreSQL, too")
    parser.add_argument("--short", action="store_true", help="the rush at two branches in a minute, as CI does it")
    parser.add_argument("--watch", action="store_true", help="now, at real speed, for somebody with a browser")
    options = parser.parse_args(arguments)
    if options.watch and (options.speed or options.short or options.faults):
        parser.error("--watch is now and at real speed: it goes with --branches, --orders and --seed alone")
    if options.short and options.faults:
        parser.error("--faults takes a whole day")
    plan = watched_day() if options.watch else short_day() if options.short else full_day()
    given = {name: getattr(options, name) for name in ("branches", "orders", "speed", "seed")}
    hours = plan.hours | (HOURS_OF_FAULTS if options.faults else {})
    return replace(plan, hours=hours, **{name: value for name, value in given.items() if value})


DESCRIPTION = "A day of a chain of coffee shops on the real processes, counted to the last cup."


def whole(least: int, most: int):
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most}, not {text!r}")
        return int(text)

    return number
