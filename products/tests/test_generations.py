import time
from datetime import timedelta

import pytest
from django.utils import timezone

from products.generations import MAX_FACTS, CachedResponses, CacheGeneration, CacheGenerations, Facts
from products.tests.factories import BranchHoursFactory
from rest.tests.races import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_generation_ends_when_a_branch_opens(branch):
    opens = (timezone.now() + timedelta(seconds=30)).replace(microsecond=0)
    hours = {"opens": opens.time(), "closes": (opens + timedelta(hours=1)).time()}
    for weekday in range(7):
        BranchHoursFactory(branch=branch, weekday=weekday, **hours)

    generation = CacheGeneration("any", room=0)

    assert generation.ends_at == opens


def test_generation_ends_after_a_minute_at_the_latest(branch):
    assert CacheGeneration("any", room=0).ends_at <= timezone.now() + timedelta(seconds=60)


# --- Room and rush --------------------------------------------------------------------------------------------------


def test_room_is_never_exceeded_and_longest_unused_go_first():
    responses = CachedResponses(room=1000)
    for number in range(20):
        responses.get_or_compute(f"{number}", lambda: ("answer", 100))
        responses.get_or_compute("0", lambda: ("anew", 100))

    assert responses.used == 1000
    assert responses.get_or_compute("0", lambda: ("anew", 100)) == ("answer", True)
    assert responses.get_or_compute("1", lambda: ("anew", 100)) == ("anew", False)


@pytest.mark.parametrize(("size", "used"), [(250, 250), (251, 0), (None, 0)])
def test_response_is_cached_unless_huge_or_marked_otherwise(size, used):
    responses = CachedResponses(room=1000)

    responses.get_or_compute("x", lambda: ("answer", size))

    assert responses.used == used


def test_facts_are_forgotten_before_they_become_too_many():
    facts = Facts()
    for number in range(MAX_FACTS):
        facts.remember(number, lambda: "first")
    kept = facts.remember(0, lambda: "anew")

    facts.remember("one more", lambda: "first")

    assert (kept, facts.remember(0, lambda: "anew")) == ("first", "anew")


def test_response_is_computed_once_for_all_who_wait():
    responses, computed = CachedResponses(room=1000), []
    responses.get_or_compute("x", lambda: ("not to be cached", None))

    def compute():
        computed.append(1)
        time.sleep(0.2)
        return "answer", 1

    found = in_parallel([lambda: responses.get_or_compute("x", compute) for _ in range(12)])

    assert len(computed) == 1
    assert sorted(found) == [("answer", False), *[("answer", True)] * 11]


def test_uncached_response_is_computed_by_each_who_waits():
    responses = CachedResponses(room=1000)

    def compute():
        time.sleep(0.1)
        return "answer", None

    found = in_parallel([lambda: responses.get_or_compute("x", compute) for _ in range(4)])

    assert found == [("answer", False)] * 4


def test_generation_is_made_once_for_all_who_wait(branch):
    generations = CacheGenerations(room=1000)

    found = in_parallel([generations.current for _ in range(8)])

    assert None not in found
    assert len(set(found)) == 1


def test_failure_of_one_is_not_the_answer_of_all():
    responses, computed = CachedResponses(room=1000), []

    def compute():
        computed.append(1)
        time.sleep(0.1)
        if len(computed) == 1:
            raise ValueError
        return "answer", 1

    def ask():
        try:
            return responses.get_or_compute("x", compute)[0]
        except ValueError:
            return "failed"

    assert sorted(in_parallel([ask for _ in range(4)])) == ["answer", "answer", "answer", "failed"]
