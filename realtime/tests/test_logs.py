import logging

import pytest

from realtime import logs


@pytest.fixture
def logger():
    own = logging.getLogger("realtime.tests.once")
    own.filters = [logs.OncePerMinute()]
    return own


def test_warning_is_logged_once_when_it_repeats(logger, caplog):
    for number in range(5):
        logger.warning("It does not answer: %s", number)
    logger.warning("Something else")

    assert [record.getMessage() for record in caplog.records] == ["It does not answer: 0", "Something else"]


def test_warning_is_logged_again_after_a_minute(logger, caplog, monkeypatch):
    logger.warning("It does not answer")
    monkeypatch.setattr(logs.OncePerMinute, "SECONDS", 0.0)

    logger.warning("It does not answer")

    assert len(caplog.records) == 2
