"""Opening hours of a branch. All arithmetic is done on instants, so nights with a change of clocks come out right."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from django.db.models import DateField, F, QuerySet, SmallIntegerField, Value
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from products.models import Branch, BranchHours, BranchSpecialDay
from products.models.branches import Weekday
from rest.prepared import Prepared

HORIZON = timedelta(days=15)
DAY = timedelta(days=1)
MINUTES = 24 * 60  # of a day
WEEK = 7 * MINUTES
ALL_DAY = (time(0), time(0))


class Opening(NamedTuple):
    start: datetime
    end: datetime


def is_open(branch: Branch, at: datetime) -> bool:
    _read_times(branch)
    return any(opening.start <= at < opening.end for opening in _openings(branch, at, days=3))


def opening_at(branch: Branch, at: datetime) -> Opening | None:
    """The opening that the moment is in; one that goes on for days may be cut off after a day and more."""
    _read_times(branch)
    near = _joined(sorted(_openings(branch, at, days=4)))
    return next((opening for opening in near if opening.start <= at < opening.end), None)


def business_day(branch: Branch, at: datetime) -> date:
    """The day on which the opening began: a night after midnight belongs to the evening before."""
    opening = opening_at(branch, at)
    is_of_one_day = opening is not None and opening.end <= opening.start + DAY
    return (opening.start if is_of_one_day else at).astimezone(branch.tz).date()


def next_change_at(branch: Branch, at: datetime) -> datetime | None:
    """Next opening or closing; None when that is further away than the horizon, or never."""
    for opening in openings(branch, at):
        if at < opening.start:
            return opening.start
        if at < opening.end:
            return opening.end if opening.end < at + HORIZON else None
    return None


def opens_at(branch: Branch, at: datetime) -> datetime | None:
    """Start of the next opening, for a branch that is closed at that moment."""
    return next((opening.start for opening in openings(branch, at) if opening.start > at), None)


def end_of_business_day(branch: Branch, at: datetime) -> datetime:
    """Start of the first opening of a later day; a night after midnight still belongs to the evening before.

    A branch that is always open, or does not open again, has its days end at midnight.
    """
    spans = openings(branch, at)
    began = next((span.start for span in spans if span.start <= at < span.end <= span.start + DAY), at)
    today = began.astimezone(branch.tz).date()
    later = (span.start for span in spans if span.start.astimezone(branch.tz).date() > today and span.start > at)
    midnight = datetime.combine(today + timedelta(days=1), time(0), branch.tz).astimezone(UTC)
    return next(later, max(midnight, at))


def overlap(intervals: Iterable[tuple[int, time, time]]) -> bool:
    """True when two of these opening intervals, each a weekday and two times, share a minute of the week."""
    spans = sorted(_minutes(*interval) for interval in intervals)
    if not spans:
        return False
    first_again = (spans[0][0] + WEEK, spans[0][1] + WEEK)  # Sunday's night runs into Monday
    return any(one[1] > other[0] for one, other in pairwise([*spans, first_again]))


def week_in_words(hours: Iterable[BranchHours]) -> str:
    """Weekdays in order, those that follow each other with the same times together."""
    times = {
        day: ", ".join(f"{one.opens:%H:%M}–{one.closes:%H:%M}" for one in hours if one.weekday == day)
        for day in Weekday.values
    }
    if not any(times.values()):
        return _("always open")
    spans = [list(days) for _times, days in groupby(Weekday.values, times.get)]
    if len(spans) == 1:
        return _("every day %s") % times[0]
    return "; ".join(f"{_days_in_words(days)} {times[days[0]]}" for days in spans if times[days[0]])


def _days_in_words(days: list[int]) -> str:
    first, last = (str(WEEKDAYS_ABBR[day]) for day in (days[0], days[-1]))
    return first if len(days) == 1 else f"{first}–{last}"


def _minutes(weekday: int, opens: time, closes: time) -> tuple[int, int]:
    """The interval in minutes of the week; it may reach beyond the week's end."""
    start = weekday * MINUTES + opens.hour * 60 + opens.minute
    length = (closes.hour * 60 + closes.minute - opens.hour * 60 - opens.minute) % MINUTES or MINUTES
    return start, start + length


def openings(branch: Branch, around: datetime) -> list[Opening]:
    """Opening intervals from yesterday to the horizon, in order, joined where one ends as another begins."""
    _read_times(branch)
    return _joined(sorted(_openings(branch, around, days=HORIZON.days + 3)))


def _times_of(*, branch_id: int) -> QuerySet:
    """Rows of (weekday, date, opens, closes): hours have no date, special days no weekday. One statement for both."""
    hours = BranchHours.objects.filter(branch=branch_id).order_by()
    days = BranchSpecialDay.objects.filter(branch=branch_id).order_by()
    nothing = {"of_weekday": Value(None, SmallIntegerField()), "of_date": Value(None, DateField())}
    hours = hours.annotate(**nothing | {"of_weekday": F("weekday")})
    days = days.annotate(**nothing | {"of_date": F("date")})
    columns = ("of_weekday", "of_date", "opens", "closes")
    return hours.values_list(*columns).union(days.values_list(*columns), all=True)


TIMES = Prepared(_times_of, branch_id=int)


def _read_times(branch: Branch) -> None:
    """Once for a branch, not for every day: as `prefetch_related_objects` would, by a statement translated once."""
    cache = branch.__dict__.setdefault("_prefetched_objects_cache", {})
    if {"hours", "special_days"} <= cache.keys():
        return
    found = {"hours": [], "special_days": []}
    for weekday, day, opens, closes in TIMES(branch_id=branch.pk):
        times = {"branch": branch, "opens": opens, "closes": closes}
        if day is None:
            found["hours"].append(BranchHours(weekday=weekday, **times))
        else:
            found["special_days"].append(BranchSpecialDay(date=day, **times))
    found["hours"].sort(key=lambda hours: (hours.weekday, hours.opens))
    found["special_days"].sort(key=lambda special: (special.date, special.opens or time(0)))
    for name, rows in found.items():
        cache[name] = getattr(branch, name).all()
        cache[name]._result_cache, cache[name]._prefetch_done = rows, True


def _openings(branch: Branch, around: datetime, *, days: int) -> Iterator[Opening]:
    first = around.astimezone(branch.tz).date() - timedelta(days=1)
    for day in (first + timedelta(days=number) for number in range(days)):
        for times in _times(branch, day):
            opening = _opening(branch, day, *times)
            # An interval may end before it starts: 02:30 to 03:15 in the night when 02:30 is already 03:30.
            if opening.start < opening.end:
                yield opening


def _times(branch: Branch, day: date) -> list[tuple[time, time]]:
    special = [special for special in branch.special_days.all() if special.date == day]
    if special:
        return [(special.opens, special.closes) for special in special if special.opens is not None]
    weekly = branch.hours.all()
    if not weekly:
        return [ALL_DAY]
    return [(hours.opens, hours.closes) for hours in weekly if hours.weekday == day.weekday()]


def _opening(branch: Branch, day: date, opens: time, closes: time) -> Opening:
    last_day = day if closes > opens else day + timedelta(days=1)
    start, end = datetime.combine(day, opens, branch.tz), datetime.combine(last_day, closes, branch.tz)
    return Opening(start.astimezone(UTC), end.astimezone(UTC))


def _joined(openings: list[Opening]) -> list[Opening]:
    joined: list[Opening] = []
    for opening in openings:
        if joined and opening.start <= joined[-1].end:
            joined[-1] = Opening(joined[-1].start, max(joined[-1].end, opening.end))
        else:
            joined.append(opening)
    return joined
