from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from products.models import OpenWork
from products.schedule import Schedule, free_slots, full_minute, next_free, put_off, ready_at, schedule_of
from products.tests.factories import BranchFactory, BranchHoursFactory, BranchSpecialDayFactory

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)  # a Monday


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def bar(*work: tuple[float, int], baristas: int = 1, now: datetime = NOON) -> Schedule:
    return Schedule([(at(minutes), seconds) for minutes, seconds in work], baristas=baristas, now=now)


@pytest.mark.parametrize(
    ("schedule", "seconds", "promised"),
    [
        (bar(), 60, 1),
        (bar(), 61, 2),
        (bar(), 0, 0),
        (bar(now=at(0.5)), 60, 2),  # a full minute, and not the half one
        (bar((5, 60)), 60, 1),  # what is due later has time to spare
        (bar((1, 60)), 60, 2),
        (bar((5, 300)), 60, 6),  # a second more, and the one at 5 would be late
        (bar((5, 240)), 60, 1),
        (bar((5, 240), (6, 60)), 60, 1),
        (bar((5, 240), (6, 120)), 60, 7),  # the one at 6 has nothing to spare, so nothing goes before it
        (bar((10, 600), baristas=2), 120, 1),
        (bar((10, 1200), baristas=2), 60, 11),
        (bar((-5, 600)), 60, 11),  # a late one is still made first
        (bar((0.5, 30)), 30, 1),
        (bar((1.5, 90)), 60, 3),  # a pick-up within a minute
    ],
)
def test_earliest_promise_breaks_none(schedule, seconds, promised):
    assert schedule.earliest(seconds) == at(promised)


@pytest.mark.parametrize(
    ("schedule", "seconds", "minutes", "fits"),
    [
        (bar(), 60, 1, True),
        (bar(), 61, 1, False),
        (bar((5, 240)), 60, 3, True),
        (bar((5, 241)), 60, 3, False),
        (bar((5, 241)), 60, 5, False),
        (bar((5, 241)), 60, 5.1, True),
        (bar((5, 300)), 60, 6, True),
    ],
)
def test_pickup_fits_where_nobody_becomes_late(schedule, seconds, minutes, fits):
    assert schedule.fits(seconds, at(minutes)) is fits


def test_earliest_from_a_moment_on_is_not_before_it():
    assert bar((5, 300)).earliest(60, at(3)) == at(6)
    assert bar().earliest(60, at(3.5)) == at(4)


def test_three_baristas_end_between_two_microseconds():
    schedule = bar(baristas=3, now=NOON + timedelta(microseconds=1))

    assert schedule.earliest(180) == at(2)


def test_full_minute_is_the_next_one():
    assert [full_minute(at(0)), full_minute(at(0.1))] == [at(0), at(1)]


@pytest.mark.parametrize(
    ("sequence", "baristas", "anew"),
    [
        ([(1, 1, 180)], 1, {}),  # two minutes late, and no more
        ([(1, 1, 181)], 1, {1: 4}),
        ([(1, 3, 240), (2, 4, 180)], 1, {2: 7}),  # behind what stays on time
        ([(1, 3, 240), (2, 4, 180), (3, 5, 60)], 1, {2: 7, 3: 8}),
        ([(1, 0, 300), (2, 60, 120)], 1, {1: 5}),  # before what has time
        ([(1, 0, 300), (2, 0, 300)], 2, {1: 3, 2: 5}),
    ],
)
def test_late_promises_are_put_off_to_what_holds(sequence, baristas, anew):
    due = [(order, at(minutes), seconds) for order, minutes, seconds in sequence]

    found = put_off(due, baristas=baristas, now=NOON)

    assert found == {order: at(minutes) for order, minutes in anew.items()}


# --- A branch -------------------------------------------------------------------------------------------------------


@pytest.fixture
def corner(db):
    """Open 08:00 to 18:00 on Mondays, in Berlin, an hour ahead of UTC in winter."""
    branch = BranchFactory(timezone="Europe/Berlin")
    BranchHoursFactory(branch=branch, weekday=0, opens="08:00", closes="18:00")
    return branch


def promise(branch, minutes: float, seconds: int, order_id: int = 1) -> None:
    OpenWork.objects.create(order_id=order_id, branch=branch, due_at=at(minutes), seconds=seconds)


def test_work_of_other_branches_does_not_count(corner):
    promise(BranchFactory(), 5, 300)

    assert ready_at(corner, 60, NOON) == at(1)


def test_branch_is_ready_after_what_it_has_promised(corner, django_assert_num_queries):
    promise(corner, 5, 200, order_id=1)
    promise(corner, 5, 100, order_id=2)

    with django_assert_num_queries(2):  # one for the hours
        assert ready_at(corner, 60, NOON) == at(6)


@pytest.mark.parametrize("closed", ["hours", "pause", "closing", "a day ahead"])
def test_branch_is_not_ready_when_it_takes_no_orders(corner, closed):
    if closed == "pause":
        corner.paused_until = at(1)
    if closed == "closing":
        promise(corner, 300, 300 * 60)  # 17:00 UTC is 18:00 there
    if closed == "a day ahead":
        corner.hours.all().delete()
        promise(corner, 24 * 60, 24 * 3600)
    now = NOON + timedelta(hours=8) if closed == "hours" else NOON

    assert ready_at(corner, 60, now) is None


def test_promise_may_be_the_moment_of_closing(corner):
    assert ready_at(corner, 300 * 60, NOON) == at(300)
    assert ready_at(corner, 300 * 60 + 1, NOON) is None


def test_next_free_time_is_in_the_next_opening(corner):
    promise(corner, 299, 299 * 60)

    found = next_free(corner, schedule_of(corner, NOON), 120, at(250))

    assert found == datetime(2027, 3, 8, 7, 0, tzinfo=UTC)


def test_moment_of_closing_is_no_free_time(corner):
    assert next_free(corner, schedule_of(corner, NOON), 60, at(300)) == datetime(2027, 3, 8, 7, 0, tzinfo=UTC)


def test_next_free_time_is_none_beyond_two_weeks(corner):
    promise(corner, 14 * 24 * 60, 14 * 24 * 3600)

    assert next_free(corner, schedule_of(corner, NOON), 60, NOON) is None


def test_slots_are_the_steps_of_the_day_that_fit(corner):
    promise(corner, 60, 50 * 60)

    slots = free_slots(corner, 20 * 60, date(2027, 3, 1), NOON)

    assert slots[0] == at(70)  # up to 60 there are 10 minutes to spare, after it they add up
    assert slots[-1] == at(295)
    assert all(later - sooner == timedelta(minutes=5) for sooner, later in pairwise(slots))


@pytest.mark.parametrize("day", [date(2027, 2, 28), date(2027, 3, 2), date(2027, 3, 29), date(1, 1, 1), date.max])
def test_day_without_opening_hours_ahead_has_no_slots(corner, day):
    assert free_slots(corner, 60, day, NOON) == []


def test_clock_change_day_has_slots_for_its_hours(corner):
    BranchSpecialDayFactory(branch=corner, date=date(2027, 3, 28), opens="01:00", closes="04:00")

    slots = free_slots(corner, 60, date(2027, 3, 28), datetime(2027, 3, 27, 12, tzinfo=UTC))

    assert len(slots) == 24  # at 02:00 it is 03:00


@pytest.mark.django_db
def test_slots_of_a_day_end_at_the_branchs_midnights():
    always_open = BranchFactory(timezone="Asia/Tokyo")

    slots = free_slots(always_open, 60, date(2027, 3, 3), NOON)

    midnight = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)
    assert (slots[0], slots[-1]) == (midnight, midnight + timedelta(hours=23, minutes=55))
