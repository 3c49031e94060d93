from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.hours import HORIZON, business_day, end_of_business_day, is_open, next_change_at, opens_at, overlap
from products.models import Branch, BranchHours, BranchSpecialDay
from products.tests.factories import BranchFactory, BranchHoursFactory, BranchSpecialDayFactory

MONDAY, TUESDAY, SATURDAY, SUNDAY = 0, 1, 5, 6


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def branch_with(*hours: tuple[int, str, str], timezone: str = "UTC") -> Branch:
    """A branch open at these (weekday, opens, closes). 2026-11-23 is a Monday."""
    branch = BranchFactory(timezone=timezone)
    for weekday, opens, closes in hours:
        BranchHoursFactory(branch=branch, weekday=weekday, opens=opens, closes=closes)
    return branch


# --- The week -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_branch_is_always_open_when_it_has_no_hours():
    branch = BranchFactory()

    now = utc("2026-11-23 03:00")

    assert is_open(branch, now)
    assert next_change_at(branch, now) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 07:59:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 11:59:59", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 18:00", False),
        ("2026-11-24 09:00", False),
        ("2026-11-30 09:00", True),
    ],
)
def test_branch_is_open_until_the_end_of_each_interval(moment, expected):
    branch = branch_with((MONDAY, "08:00", "12:00"), (MONDAY, "13:00", "18:00"))

    assert is_open(branch, utc(moment)) is expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "opens", "changes"),
    [
        ("2026-11-23 07:00", "2026-11-23 08:00", "2026-11-23 08:00"),
        ("2026-11-23 09:00", "2026-11-23 13:00", "2026-11-23 12:00"),
        ("2026-11-23 12:00", "2026-11-23 13:00", "2026-11-23 13:00"),
        ("2026-11-23 18:00", "2026-11-30 08:00", "2026-11-30 08:00"),
    ],
)
def test_branch_knows_when_it_opens_and_changes_next(moment, opens, changes):
    branch = branch_with((MONDAY, "08:00", "12:00"), (MONDAY, "13:00", "18:00"))

    assert opens_at(branch, utc(moment)) == utc(opens)
    assert next_change_at(branch, utc(moment)) == utc(changes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-28 19:59", False),
        ("2026-11-28 23:59", True),
        ("2026-11-29 00:00", True),
        ("2026-11-29 01:59", True),
        ("2026-11-29 02:00", False),
        ("2026-11-30 01:00", False),
    ],
)
def test_interval_runs_past_midnight_when_closing_precedes_opening(moment, expected):
    branch = branch_with((SATURDAY, "20:00", "02:00"))

    assert is_open(branch, utc(moment)) is expected


@pytest.mark.django_db
def test_sunday_night_runs_into_monday():
    branch = branch_with((SUNDAY, "22:00", "06:00"))

    assert next_change_at(branch, utc("2026-11-30 00:00")) == utc("2026-11-30 06:00")


@pytest.mark.django_db
def test_intervals_that_touch_or_overlap_are_one():
    branch = branch_with((MONDAY, "08:00", "12:00"), (MONDAY, "12:00", "00:00"), (TUESDAY, "00:00", "10:00"))
    BranchHoursFactory(branch=branch, weekday=TUESDAY, opens="09:00", closes="09:30")

    assert next_change_at(branch, utc("2026-11-23 09:00")) == utc("2026-11-24 10:00")


@pytest.mark.django_db
def test_branch_never_changes_when_open_all_day_daily():
    branch = branch_with(*((weekday, "00:00", "00:00") for weekday in range(7)), timezone="Europe/Berlin")

    assert is_open(branch, utc("2026-10-25 00:30"))
    assert next_change_at(branch, utc("2026-10-20 12:00")) is None


@pytest.mark.django_db
def test_hours_are_in_the_branchs_own_time():
    branch = branch_with((MONDAY, "08:00", "18:00"), timezone="Asia/Vladivostok")

    opens = opens_at(branch, utc("2026-11-22 12:00"))

    assert opens == utc("2026-11-22 22:00")
    assert is_open(branch, opens)


@pytest.mark.django_db
def test_hours_are_read_once_whatever_is_asked(django_assert_num_queries):
    branch = BranchFactory()

    with django_assert_num_queries(1):
        is_open(branch, utc("2026-11-23 09:00"))
        opens_at(branch, utc("2026-11-23 09:00"))


# --- Special days ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_special_day_replaces_the_weekdays_hours():
    branch = branch_with((MONDAY, "08:00", "18:00"))
    BranchSpecialDayFactory(branch=branch, date="2026-11-23", opens="10:00", closes="11:00")
    BranchSpecialDayFactory(branch=branch, date="2026-11-23", opens="15:00", closes="16:00")

    moments = ["2026-11-23 09:00", "2026-11-23 10:30", "2026-11-23 12:00", "2026-11-23 15:30", "2026-11-30 09:00"]

    assert [is_open(branch, utc(moment)) for moment in moments] == [False, True, False, True, True]


@pytest.mark.django_db
def test_branch_without_hours_closes_on_closed_days_only():
    branch = BranchFactory()
    BranchSpecialDayFactory(branch=branch, date="2026-12-25")

    now = utc("2026-12-24 12:00")

    assert (is_open(branch, now), next_change_at(branch, now)) == (True, utc("2026-12-25 00:00"))
    assert opens_at(branch, utc("2026-12-25 12:00")) == utc("2026-12-26 00:00")


@pytest.mark.django_db
def test_night_before_a_closed_day_keeps_its_end():
    branch = branch_with((MONDAY, "20:00", "02:00"), (TUESDAY, "20:00", "02:00"))
    BranchSpecialDayFactory(branch=branch, date="2026-11-24")

    moments = ["2026-11-24 01:00", "2026-11-24 03:00", "2026-11-24 21:00", "2026-11-25 01:00"]

    assert [is_open(branch, utc(moment)) for moment in moments] == [True, False, False, False]


@pytest.mark.django_db
def test_branch_says_nothing_when_it_opens_beyond_the_horizon():
    branch = branch_with((MONDAY, "08:00", "18:00"))
    for number in range(60):
        BranchSpecialDayFactory(branch=branch, date=date(2026, 11, 23) + timedelta(days=number))

    now = utc("2026-11-23 09:00")

    assert (is_open(branch, now), opens_at(branch, now), next_change_at(branch, now)) == (False, None, None)


# --- Nights with a change of clocks ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        # 22:00 to 06:00 on the wall in Berlin: an hour less in spring, an hour more in autumn.
        ("spring", "2026-03-28 21:00", "2026-03-29 04:00"),
        ("autumn", "2026-10-24 20:00", "2026-10-25 05:00"),
    ],
)
def test_night_shift_follows_the_wall_clock_when_clocks_change(day, opens, closes):
    branch = branch_with((SATURDAY, "22:00", "06:00"), timezone="Europe/Berlin")

    assert opens_at(branch, utc(opens) - timedelta(hours=1)) == utc(opens)
    assert next_change_at(branch, utc(opens)) == utc(closes)


@pytest.mark.django_db
def test_day_is_open_25_hours_when_clocks_go_back():
    branch = branch_with((SUNDAY, "00:00", "00:00"), timezone="Europe/Berlin")

    assert opens_at(branch, utc("2026-10-24 12:00")) == utc("2026-10-24 22:00")
    assert next_change_at(branch, utc("2026-10-24 22:00")) == utc("2026-10-25 23:00")


@pytest.mark.django_db
@pytest.mark.parametrize("closes", ["03:15", "03:30"])
def test_interval_that_the_change_of_clocks_swallows_never_opens(closes):
    branch = branch_with((SUNDAY, "02:30", closes), timezone="Europe/Berlin")

    saturday = utc("2026-03-28 12:00")

    assert opens_at(branch, saturday) == next_change_at(branch, saturday) == utc("2026-04-05 00:30")


TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
WEEKS = st.lists(st.tuples(st.integers(0, 6), TIMES, TIMES), max_size=10)
SPECIAL_DAYS = st.lists(st.tuples(st.dates(date(2026, 3, 1), date(2026, 4, 30)), TIMES, TIMES), max_size=5)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC))


def unsaved_branch(week: list, special_days: list, zone: str) -> Branch:
    """With its hours read already, so that hundreds of weeks need no database."""
    branch = Branch(pk=1, timezone=zone)
    branch._prefetched_objects_cache = {
        "hours": [BranchHours(weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in week],
        "special_days": [BranchSpecialDay(date=day, opens=opens, closes=closes) for day, opens, closes in special_days],
    }
    return branch


@given(week=WEEKS, special_days=SPECIAL_DAYS, zone=ZONES, now=MOMENTS)
def test_next_change_is_the_first_moment_anything_changes(week, special_days, zone, now):
    branch = unsaved_branch(week, special_days, zone)

    state, change = is_open(branch, now), next_change_at(branch, now)

    between = [now + (change - now) * part / 7 for part in range(7)] if change else [now, now + HORIZON / 2]
    assert {is_open(branch, moment) for moment in between} == {state}
    assert change is None or is_open(branch, change) is not state


@given(week=WEEKS, special_days=SPECIAL_DAYS, zone=ZONES, now=MOMENTS)
def test_branch_opens_when_it_says_and_not_before(week, special_days, zone, now):
    branch = unsaved_branch(week, special_days, zone)

    opens = opens_at(branch, now)

    if opens is not None:
        assert opens > now
        assert is_open(branch, opens)
        assert not is_open(branch, opens - timedelta(microseconds=1))


@given(week=WEEKS, now=MOMENTS)
def test_branch_is_open_exactly_within_its_wall_clock_intervals(week, now):
    branch = unsaved_branch(week, [], "UTC")
    minute = now.weekday() * 1440 + now.hour * 60 + now.minute

    opened = is_open(branch, now)

    assert opened is (not week or any(covers(minute, *interval) for interval in week))


def covers(minute: int, weekday: int, opens: time, closes: time) -> bool:
    start = minute_of_week(weekday, opens)
    length = (closes.hour * 60 + closes.minute - opens.hour * 60 - opens.minute) % 1440 or 1440
    return (minute - start) % (7 * 1440) < length


def minute_of_week(weekday: int, at: time) -> int:
    return weekday * 1440 + at.hour * 60 + at.minute


@given(week=WEEKS)
def test_intervals_overlap_where_one_begins_in_another(week):
    begins_within = (covers(minute_of_week(*one[:2]), *other) for one, other in permutations(week, 2))

    assert overlap(week) is any(begins_within)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((MONDAY, "09:30", "10:15"), (MONDAY, "10:15", "11:00"), False),
        ((MONDAY, "09:30", "10:16"), (MONDAY, "10:15", "11:00"), True),
        ((MONDAY, "20:00", "02:10"), (TUESDAY, "02:10", "08:00"), False),
        ((MONDAY, "20:00", "02:11"), (TUESDAY, "02:10", "08:00"), True),
        ((SUNDAY, "22:30", "06:45"), (MONDAY, "06:45", "09:00"), False),
        ((SUNDAY, "22:30", "06:46"), (MONDAY, "06:45", "09:00"), True),
        ((MONDAY, "10:00", "10:00"), (TUESDAY, "10:00", "10:00"), False),
        ((MONDAY, "10:00", "10:00"), (TUESDAY, "09:59", "10:00"), True),
    ],
)
def test_intervals_that_only_touch_do_not_overlap(one, other, expected):
    week = [(weekday, time.fromisoformat(opens), time.fromisoformat(closes)) for weekday, opens, closes in (one, other)]

    assert (overlap(week), overlap(reversed(week)), overlap(week[:1])) == (expected, expected, False)


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-25 12:00", "2026-11-26 08:00"),  # two openings a day: not over at noon
        ("2026-11-25 13:00", "2026-11-26 08:00"),
        ("2026-11-26 01:00", "2026-11-26 08:00"),  # the night belongs to the evening before
        ("2026-11-26 03:00", "2026-11-27 08:00"),
    ],
)
def test_business_day_ends_when_the_next_one_opens(branch, at, ends):
    branch.timezone = "Europe/Berlin"
    for weekday in range(7):
        BranchHoursFactory(branch=branch, weekday=weekday, opens="08:00", closes="12:30")
        BranchHoursFactory(branch=branch, weekday=weekday, opens="14:00", closes="02:00")

    moment = datetime.fromisoformat(at).replace(tzinfo=branch.tz)

    assert end_of_business_day(branch, moment) == datetime.fromisoformat(ends).replace(tzinfo=branch.tz)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ([(MONDAY, "20:00", "02:00")], "2026-11-23 20:00", "2026-11-23"),
        ([(MONDAY, "20:00", "02:00")], "2026-11-24 01:59", "2026-11-23"),
        ([(MONDAY, "20:00", "02:00")], "2026-11-24 02:00", "2026-11-24"),  # closed: the calendar's
        ([(MONDAY, "10:00", "10:00")], "2026-11-24 09:59", "2026-11-23"),  # a day, and no longer
        ([(MONDAY, "10:00", "10:00"), (TUESDAY, "10:00", "12:00")], "2026-11-24 09:00", "2026-11-24"),
        ([], "2026-11-24 01:00", "2026-11-24"),
    ],
)
def test_night_is_of_the_business_day_before(hours, moment, expected):
    branch = branch_with(*hours, timezone="Europe/Berlin")

    at = datetime.fromisoformat(moment).replace(tzinfo=branch.tz)

    assert business_day(branch, at) == date.fromisoformat(expected)


@pytest.mark.django_db
def test_closing_is_told_within_the_horizon_only():
    branch = branch_with(*((weekday, "00:00", "00:00") for weekday in range(7)))
    closes = utc("2026-12-08 10:00")
    BranchSpecialDayFactory(branch=branch, date=closes.date(), opens="00:00", closes="10:00")

    assert next_change_at(branch, closes - HORIZON + timedelta(minutes=1)) == closes
    assert next_change_at(branch, closes - HORIZON) is None


@pytest.mark.django_db
def test_day_of_24_hours_belongs_to_its_opening_date():
    branch = branch_with((MONDAY, "10:00", "10:00"), (TUESDAY, "12:00", "20:00"))

    assert end_of_business_day(branch, utc("2026-11-24 02:00")) == utc("2026-11-24 12:00")


def test_business_day_ends_at_midnight_when_never_closing(branch):
    branch.timezone = "Asia/Tokyo"

    ends = end_of_business_day(branch, datetime(2026, 11, 25, 12, 0, tzinfo=UTC))

    assert ends == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
