import re
from functools import lru_cache

OPTIONS = {
    "timeout": 20,
    # SQLite has no row locks; taking the write lock when a transaction begins puts writers in a queue instead.
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def teach_unicode(sender, connection, **kwargs) -> None:
    """SQLite's own LIKE folds ASCII only: without this «латте» does not find «Латте»."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("like", 2, like, deterministic=True)
        connection.connection.create_function("like", 3, like, deterministic=True)


def like(pattern: str | None, text: object, escape: str = "\\") -> bool | None:
    """SQL's `text LIKE pattern ESCAPE escape`, whatever the case."""
    if pattern is None or text is None:
        return None
    return _compiled(pattern, escape).fullmatch(str(text)) is not None


@lru_cache(maxsize=200)
def _compiled(pattern: str, escape: str) -> re.Pattern:
    wildcards = {"%": ".*", "_": "."}
    # An escaped character, or any single one.
    parts = re.findall(re.escape(escape) + r"(.)|(.)", pattern, re.DOTALL)
    translated = (re.escape(literal) if literal else wildcards.get(char, re.escape(char)) for literal, char in parts)
    return re.compile("".join(translated), re.IGNORECASE | re.DOTALL)
