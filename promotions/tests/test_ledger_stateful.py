"""The ledger of stamps beside a plain model of it: cups, cards and free cups as lists in memory.

CI tries a little of it; `LEDGER_STEPS=20000` much.
"""

import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from promotions.discounts import Bill, Item
from promotions.integrity import problems
from promotions.models import StampCard, StampEntry
from promotions.offers import Applied
from promotions.services import Cups, complete_order, lock_offers, redeem, release_order
from promotions.tests.factories import begin_programme
from users.tests.factories import UserFactory

STEPS = int(os.environ.get("LEDGER_STEPS", "300"))
STEPS_OF_A_LIFE = min(STEPS, 100)
COFFEE, CAKE = 1, 2

pytestmark = pytest.mark.django_db


class Ledger(RuleBasedStateMachine):
    """Two customers; orders are numbers, with whether they hold a free cup."""

    def __init__(self):
        super().__init__()
        self.life = transaction.atomic()
        self.life.__enter__()
        self.users = UserFactory.create_batch(2)
        self.needed, self.is_active = 3, True
        self.program()
        self.cards = [[0, None, 0], [0, None, 0]]  # stamps, what the running card needs, free cups
        self.orders: dict[int, tuple[int, bool]] = {}
        self.last_order = 0

    def program(self):
        begin_programme(stamps_needed=self.needed, is_active=self.is_active)

    def teardown(self):
        if hasattr(self, "life"):
            transaction.set_rollback(True)
            self.life.__exit__(None, None, None)

    @rule(needed=st.integers(1, 5), is_active=st.booleans())
    def change_programme(self, needed, is_active):
        self.needed, self.is_active = needed, is_active
        self.program()

    @rule(who=st.integers(0, 1), wants_reward=st.booleans())
    def place(self, who, wants_reward):
        self.last_order += 1
        lock_offers(user=self.users[who], typed="", use_reward=wants_reward)
        reward = StampEntry.objects.rewards_left(self.users[who]).first() if wants_reward else None
        assert (reward is not None) == (wants_reward and self.cards[who][2] > 0)
        applied = Applied(Bill([Item("Cup", COFFEE, 1, 1)]), reward=reward)
        redeem(applied, user=self.users[who], order_id=self.last_order)
        self.cards[who][2] -= reward is not None
        self.orders[self.last_order] = (who, reward is not None)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0), coffees=st.integers(0, 9), twice=st.booleans())
    def cancel(self, which, coffees, twice):
        order = list(self.orders)[which % len(self.orders)]
        who, holds = self.orders.pop(order)
        for _ in range(1 + twice):
            release_order(order_id=order)
        self.cards[who][2] += holds

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0), cups=st.integers(0, 9))
    def complete(self, which, cups):
        order = list(self.orders)[which % len(self.orders)]
        who, _holds = self.orders.pop(order)
        complete_order(order_id=order, user_id=self.users[who].pk, cups=[Cups(COFFEE, cups), Cups(None, 0)])
        if self.is_active:
            self.stamp(self.cards[who], cups)

    def stamp(self, card, cups):
        """Cup by cup, as a barista would."""
        for _ in range(cups):
            card[1] = card[1] if card[0] else self.needed
            card[0] += 1
            if card[0] == card[1]:
                card[0], card[2] = 0, card[2] + 1

    @invariant()
    def balances_are_the_models(self):
        if not hasattr(self, "cards"):
            return
        for user, (stamps, needed, rewards) in zip(self.users, self.cards, strict=True):
            card = StampCard.objects.filter(user=user).first() or StampCard(user=user)
            assert (card.stamps, card.rewards) == (stamps, rewards)
            assert not stamps or card.rule["needed"] == needed
            assert StampEntry.objects.rewards_left(user).count() == rewards
        assert list(problems()) == []


def test_ledger_is_as_a_plain_model_of_it():
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=max(1, STEPS // STEPS_OF_A_LIFE),
            stateful_step_count=STEPS_OF_A_LIFE,
            suppress_health_check=list(HealthCheck),
            deadline=None,
        ),
    )
