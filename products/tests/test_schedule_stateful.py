"""A bar's promises against a plain model of the rule, in whatever order things happen.

`STATEFUL_STEPS=20000 python run.py test products/tests/test_schedule_stateful.py -n 0 -s` takes that many steps.
"""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from products.models import OpenWork
from products.schedule import FURTHEST_PICKUP, MINUTE, next_free, put_off, schedule_of
from products.tests.factories import BranchFactory

pytestmark = pytest.mark.django_db

STEPS_PER_LIFE = 100
steps = Counter()

cups = st.one_of(st.integers(0, 300), st.sampled_from([0, 60, 120, 600, 1800]))
which = st.integers(0, 30)


class Bar(RuleBasedStateMachine):
    """One branch, always open. The model is a list of moments and seconds; the rule is asked minute by minute."""

    @initialize(second=st.integers(0, 59))
    def open(self, second):
        self.life = transaction.atomic()
        self.life._from_testcase = True
        self.life.__enter__()
        self.branch = BranchFactory(baristas=1)
        self.now = datetime(2027, 3, 1, 9, 0, second, tzinfo=UTC)
        self.work: dict[int, tuple[datetime, int]] = {}
        self.numbers = count(1)

    def teardown(self):
        if hasattr(self, "life"):
            transaction.set_rollback(True)
            self.life.__exit__(None, None, None)

    # --- What happens -----------------------------------------------------------------------------------------------

    @rule(seconds=cups)
    def order_for_now(self, seconds):
        promised = self.schedule().earliest(seconds)

        assert promised == self.first_minute(seconds, self.now)
        self.claim(promised, seconds)

    @rule(seconds=cups, ahead=st.integers(0, 3 * 3600))
    def order_for_later(self, seconds, ahead):
        at = self.now + timedelta(seconds=ahead)

        fits = self.schedule().fits(seconds, at)

        assert fits == self.allows(seconds, at)
        if fits:
            self.claim(at, seconds)
        else:
            assert next_free(self.branch, self.schedule(), seconds, at) == self.first_minute(seconds, at)

    @precondition(lambda self: self.work)
    @rule(which=which, made=st.integers(1, 300))
    def make(self, which, made):
        order_id = self.order(which)
        due, seconds = self.work[order_id]
        self.work[order_id] = due, max(0, seconds - made)
        OpenWork.objects.filter(order_id=order_id).update(seconds=max(0, seconds - made))

    @precondition(lambda self: self.work)
    @rule(which=which)
    def finish(self, which):
        order_id = self.order(which)
        del self.work[order_id]
        OpenWork.objects.filter(order_id=order_id).delete()

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(baristas=st.integers(1, 4))
    def others_come_or_go(self, baristas):
        self.branch.baristas = baristas

    @rule()
    def look_for_what_is_late(self):
        sequence = sorted((due, order_id, seconds) for order_id, (due, seconds) in self.work.items())
        finish, ahead = {}, 0
        for _due, order_id, seconds in sequence:
            ahead += seconds
            finish[order_id] = self.now + timedelta(seconds=ahead) / self.branch.baristas

        found = put_off(
            OpenWork.objects.in_sequence().values_list("order_id", "due_at", "seconds"),
            baristas=self.branch.baristas,
            now=self.now,
        )

        late = [order_id for due, order_id, _ in sequence if finish[order_id] > due + 2 * MINUTE]
        assert list(found) == late
        assert all(found[order_id] >= finish[order_id] for order_id in late)
        assert [found[order_id] for order_id in late] == sorted(found.values())
        for order_id, promised in found.items():
            self.work[order_id] = promised, self.work[order_id][1]
            OpenWork.objects.filter(order_id=order_id).update(due_at=promised)
        assert all(self.spare(found[order_id]) >= 0 for order_id in late)

    # --- The plain model --------------------------------------------------------------------------------------------

    def spare(self, moment: datetime) -> float:
        due = sum(seconds for due, seconds in self.work.values() if due <= moment)
        return self.branch.baristas * (moment - self.now).total_seconds() - due

    def allows(self, seconds: int, at: datetime) -> bool:
        """What is due by its moment, and by every later one, has to fit with it."""
        moments = {at, *(due for due, _seconds in self.work.values() if due >= at)}
        return all(self.spare(moment) >= seconds for moment in moments)

    def first_minute(self, seconds: int, start: datetime) -> datetime | None:
        moment = start.replace(second=0, microsecond=0)
        while moment < start or not self.allows(seconds, moment):
            moment += MINUTE
            assert moment < self.now + FURTHEST_PICKUP
        return moment

    def claim(self, due: datetime, seconds: int) -> None:
        """And nobody's promise is broken by it."""
        kept = [moment for moment, _seconds in self.work.values() if self.spare(moment) >= 0]
        order_id = next(self.numbers)
        self.work[order_id] = due, seconds
        OpenWork.objects.create(order_id=order_id, branch=self.branch, due_at=due, seconds=seconds)
        assert all(self.spare(moment) >= 0 for moment in [due, *kept])
        steps["claims"] += 1

    def schedule(self):
        steps["steps"] += 1
        return schedule_of(self.branch, self.now)

    def order(self, which: int) -> int:
        return sorted(self.work)[which % len(self.work)]


def test_bar_promises_what_a_plain_model_allows():
    lives = int(os.environ.get("STATEFUL_STEPS", 500)) // STEPS_PER_LIFE
    unhurried = settings(
        max_examples=lives,
        stateful_step_count=STEPS_PER_LIFE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    steps.clear()

    run_state_machine_as_test(Bar, settings=unhurried)

    print(dict(steps))
    assert steps["claims"] > 20
