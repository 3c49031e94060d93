"""PostgreSQL's time-outs, and whether they are in force: a pooler drops what a connection asks for."""

import logging

NAMES = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
SENTENCE = "PostgreSQL does not keep our time-outs: %s. One slow statement would stop the shop."

logger = logging.getLogger(__name__)
is_told = False


def warn_if_missing(connection, **kwargs) -> None:
    """Receiver of `connection_created`: once in a process."""
    global is_told
    if not is_told:
        is_told = True
        if names := missing(connection):
            logger.warning(SENTENCE, ", ".join(names))


def missing(connection) -> list[str]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = '0'", [NAMES])
        return [name for (name,) in cursor.fetchall()]
