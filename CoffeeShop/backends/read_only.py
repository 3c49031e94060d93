"""Sessions of a PostgreSQL that takes no writes, as after a fail-over: they are not pooled, and a write there is a 503.

A pooled session keeps what it found when it was opened, and passes health checks for ever.
"""

import time

from django.db import InternalError, OperationalError

SQLSTATE = "25006"  # read_only_sql_transaction; psycopg2 makes an InternalError of it
REPORTED = ("default_transaction_read_only", "in_hot_standby")  # which PostgreSQL tells without being asked


def watch(connection, **kwargs) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor != "postgresql":
        return
    if any(connection.connection.get_parameter_status(name) == "on" for name in REPORTED):
        drop_after_request(connection)
    if refuse_writes not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse_writes)


def refuse_writes(execute, sql, params, many, context):
    """Raises OperationalError, which everybody here knows as "away, and back in a moment"."""
    try:
        return execute(sql, params, many, context)
    except InternalError as error:
        if getattr(error.__cause__, "pgcode", None) != SQLSTATE:
            raise
        drop_after_request(context["connection"])
        raise OperationalError("The database takes no writes.") from error


def drop_after_request(connection) -> None:
    """`close_old_connections`, which whoever keeps connections calls, closes it."""
    connection.close_at = time.monotonic()
