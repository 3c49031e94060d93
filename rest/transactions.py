"""The one place that begins a transaction anew when the database gave it up for the sake of another one."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
RETRY_SECONDS = 5  # seconds after which no attempt is begun: somebody waits for an answer
DEADLOCK, NOT_SERIALIZABLE = "40P01", "40001"


def retrying_atomic(service: Callable[P, R]) -> Callable[P, R]:
    """`transaction.atomic` for a service that may be begun anew: it changes nothing but the database.

    Within another transaction it becomes part of that one, without a savepoint: a failure takes back the whole, and it
    is the whole that is begun anew. A lock or a statement that took too long is not tried again: the client waited long
    enough, and is told when to come back.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_within_another():
            with transaction.atomic(savepoint=False):
                return service(*args, **kwargs)
        deadline = time.monotonic() + RETRY_SECONDS
        for attempt in range(1, ATTEMPTS):
            try:
                with transaction.atomic():
                    return service(*args, **kwargs)
            except OperationalError as error:
                if not _passes(error) or time.monotonic() > deadline:
                    raise
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - so that two do not meet again
        with transaction.atomic():
            return service(*args, **kwargs)

    return run


def _passes(error: OperationalError) -> bool:
    """True for an error worth a retry: the transaction lost to another one, which is over."""
    code = getattr(error.__cause__, "pgcode", None)
    return code in {DEADLOCK, NOT_SERIALIZABLE} or "database is locked" in str(error)


def _is_within_another() -> bool:
    # A test case's own transaction is none of ours, as for Django's `durable`.
    return bool(connection.atomic_blocks) and not connection.atomic_blocks[-1]._from_testcase
