"""Admission by deadlines: may more work be promised for a moment, without breaking what is promised already?

Work is counted in barista-seconds. An exact feasibility test and no heuristic: what is due by a moment has to fit into
those who work × the time until then, for every moment at which something is due.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from products.hours import opening_at, openings
from products.models import Branch, OpenWork

MINUTE = timedelta(minutes=1)
SLOT = timedelta(minutes=5)
MOST_LATE = timedelta(minutes=2)
FURTHEST_PROMISE = timedelta(hours=24)  # of an order for as soon as possible
FURTHEST_PICKUP = timedelta(days=14)
ENDLESS = timedelta.max


class Schedule:
    """Snapshot of the work that a bar has to do, for looking up promises."""

    def __init__(self, work: Iterable[tuple[datetime, int]], *, baristas: int, now: datetime):
        """`work` is pairs of a moment and the seconds due at it, in the order of time."""
        self.baristas, self.now = baristas, now
        pairs = list(work)
        self.moments = [moment for moment, _seconds in pairs]
        self.totals = [timedelta(), *accumulate(timedelta(seconds=seconds) for _moment, seconds in pairs)]
        spare = [self._capacity(moment) - self.due_by(moment) for moment in self.moments]
        # At each place the least that is to spare from there on: it never falls.
        self.spare_from = [*reversed([*accumulate(reversed(spare), min)]), ENDLESS]

    def due_by(self, moment: datetime) -> timedelta:
        return self.totals[bisect_right(self.moments, moment)]

    def fits(self, seconds: int, moment: datetime) -> bool:
        """True when so much more work, due then, breaks no promise."""
        work = timedelta(seconds=seconds)
        is_in_time = self.due_by(moment) + work <= self._capacity(moment)
        return is_in_time and self.spare_from[bisect_left(self.moments, moment)] >= work

    def earliest(self, seconds: int, start: datetime | None = None) -> datetime:
        """The first full minute, from `start` on, for which it fits."""
        work = timedelta(seconds=seconds)
        crowded = bisect_left(self.spare_from, work)  # so many moments have no room for it before them
        moment = full_minute(max(start or self.now, self.now))
        if crowded:
            moment = max(moment, full_minute(self.moments[crowded - 1] + timedelta.resolution))
        return self.in_time(work, moment)

    def in_time(self, work: timedelta, moment: datetime) -> datetime:
        """The first full minute, from the given one on, by which the work is done with all that is due before it."""
        while (needed := self.due_by(moment) + work) > self._capacity(moment):
            moment = full_minute(self.now - (-needed // self.baristas))  # rounded up
        return moment

    def _capacity(self, moment: datetime) -> timedelta:
        return self.baristas * (moment - self.now)


def full_minute(moment: datetime) -> datetime:
    """The first one at or after it."""
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + MINUTE


def schedule_of(branch: Branch, now: datetime) -> Schedule:
    return Schedule(OpenWork.objects.due_at_branch(branch), baristas=branch.baristas, now=now)


def ready_at(branch: Branch, seconds: int, now: datetime) -> datetime | None:
    """Earliest promise for so much work; None while the branch takes no order for as soon as possible."""
    opening = opening_at(branch, now)
    if opening is None or branch.is_paused_at(now):
        return None
    moment = schedule_of(branch, now).earliest(seconds)
    return moment if moment <= min(opening.end, now + FURTHEST_PROMISE) else None


def next_free(branch: Branch, schedule: Schedule, seconds: int, start: datetime) -> datetime | None:
    """The first full minute, from `start` on, that can really be had: free, in opening hours, not too far ahead."""
    for opening in openings(branch, start):
        moment = schedule.earliest(seconds, max(start, opening.start))
        if moment < opening.end:
            return moment if moment <= schedule.now + FURTHEST_PICKUP else None
    return None


def put_off(sequence: Iterable[tuple[int, datetime, int]], *, baristas: int, now: datetime) -> dict[int, datetime]:
    """New promises, by order, for what will be ready later than promised by more than `MOST_LATE`.

    `sequence` is order, moment and seconds, as they are made; who comes first there is ready first.
    """
    before, kept = timedelta(), timedelta()
    late, on_time = [], []
    for order_id, due_at, seconds in sequence:
        before += timedelta(seconds=seconds)
        if now + before / baristas > due_at + MOST_LATE:
            late.append((order_id, before - kept))
        else:
            kept += timedelta(seconds=seconds)
            on_time.append((due_at, seconds))
    schedule = Schedule(on_time, baristas=baristas, now=now)
    return {order_id: schedule.in_time(work, full_minute(now)) for order_id, work in late}


def free_slots(branch: Branch, seconds: int, day: date, now: datetime) -> list[datetime]:
    """The pick-up times of a day of the branch's calendar that can be had for so much work, in steps."""
    if abs(day - now.astimezone(branch.tz).date()) > FURTHEST_PICKUP + timedelta(days=1):
        return []
    begins, ends = (_midnight(branch, day + timedelta(days=number)) for number in (0, 1))
    first = max(begins, now)
    last = min(ends, now + FURTHEST_PICKUP)
    schedule, hours = schedule_of(branch, now), openings(branch, first)
    moment = begins + -((begins - first) // SLOT) * SLOT  # steps count from midnight
    slots = []
    while moment < last:
        if any(opening.start <= moment < opening.end for opening in hours) and schedule.fits(seconds, moment):
            slots.append(moment)
        moment += SLOT
    return slots


def _midnight(branch: Branch, day: date) -> datetime:
    return datetime.combine(day, time(0), branch.tz).astimezone(UTC)
