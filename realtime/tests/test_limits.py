import pytest
from rest_framework.exceptions import Throttled

from realtime.limits import Buckets


@pytest.fixture(autouse=True)
def few(settings):
    settings.SOCKET_LIMITS = {"BURST": 2, "FRAMES_PER_SECOND": 0.001}


def test_bucket_is_one_for_all_that_a_user_opens():
    buckets = Buckets()

    assert [buckets.of(1).take() for _ in range(3)] == [True, True, False]
    assert buckets.of(2).take()


def test_wait_is_told_when_there_is_no_token():
    buckets = Buckets()
    buckets.require_token(1)
    buckets.require_token(1)

    with pytest.raises(Throttled) as refusal:
        buckets.require_token(1)

    assert 900 < refusal.value.wait <= 1000


def test_full_buckets_are_forgotten_and_others_are_not():
    buckets = Buckets()
    buckets.PURGE_AT = buckets.purge_at = 3
    buckets.of(1).take()
    buckets.of(2), buckets.of(3)

    buckets.of(4)

    assert buckets.buckets.keys() == {1, 4}
