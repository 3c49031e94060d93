from datetime import timedelta

import pytest

from drills.day.plan import LAST_ORDERS, full_day, parse


def test_day_has_its_defaults():
    plan = parse([])

    assert (plan.branches, plan.orders, plan.speed, plan.is_watched) == (3, 600, 30, False)
    assert plan.closes_at - plan.opens_at == timedelta(hours=12)


def test_options_change_what_they_name_only():
    plan = parse(["--short", "--orders", "7"])

    assert (plan.orders, plan.branches) == (7, 2)
    assert plan.hours.keys() == {"stop", "pause", "sleep", "restart"}


def test_faults_are_added_to_the_usual_trouble():
    assert {"stop", "kill_web", "crash_postgres"} <= parse(["--faults"]).hours.keys()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--orders", "0"], "--orders"),
        (["--orders", "١"], "--orders"),
        (["--speed", "1.5"], "--speed"),
        (["--branches", "10"], "--branches"),
        (["--watch", "--speed", "30"], "--watch"),
        (["--short", "--faults"], "--faults"),
        (["quickly"], "quickly"),
    ],
)
def test_nonsense_is_refused_by_name(arguments, word, capsys):
    with pytest.raises(SystemExit):
        parse(arguments)

    assert word in capsys.readouterr().err


def test_customers_come_while_there_is_time_to_serve_them():
    plan = full_day()
    arrivals = plan.arrivals

    assert len(arrivals) == 600
    assert plan.opens_at <= arrivals[0] <= arrivals[-1] <= plan.closes_at - LAST_ORDERS + timedelta(minutes=1)
    assert arrivals == sorted(arrivals) == plan.arrivals


def test_more_customers_come_at_noon_than_in_the_afternoon():
    hours = [moment.hour for moment in full_day().arrivals]

    assert hours.count(12) > 2 * hours.count(15)


def test_bars_have_enough_baristas_for_the_worst_hour():
    assert parse(["--orders", "10"]).baristas == 2
    assert parse(["--orders", "2000"]).baristas > 6
