"""Prepared SQL of a message: statements whose text is made once.

The ORM would put these statements together anew for each message, which takes it longer than the database needs to
execute them, and holds up every other socket of the process meanwhile. Only names of ours become part of the SQL.
"""

import functools
from collections.abc import Collection, Iterable, Mapping

from django.db import connection
from django.db.models import Field, Model

from support.models import Conversation, Message

LOCK_TIMEOUT_MS = 200


def lock(conversation_ids: Collection[int], *, waits: bool) -> dict[int, Conversation]:
    """Lock the conversations there are in the order of their ids.

    Without waiting only those nobody else holds; then nothing that follows in the transaction waits long, such as
    the commit for the row of an author.
    """
    marks = ", ".join(["%s"] * len(conversation_ids))
    rows = Conversation.objects.raw(_lock_sql(waits).format(marks=marks), [*conversation_ids])
    return {conversation.pk: conversation for conversation in rows}


def store(messages: Collection[Message], changed: Mapping[Conversation, Collection[str]]) -> None:
    """Insert the messages, which do not learn their primary keys, and save what changed of their conversations."""
    values = [value for message in messages for value in _values(message, _message_fields())]
    statements = [(_insert_sql(len(messages)), values)]
    for conversation, names in changed.items():
        names = tuple(sorted(names))
        statements.append((_update_sql(names), [*_values(conversation, _named(names)), conversation.pk]))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which does all of it in one round trip
            cursor.execute(
                "; ".join(sql for sql, _values in statements), [one for _sql, some in statements for one in some]
            )
        else:
            for sql, some in statements:
                cursor.execute(sql, some)


def _values(row: Model, fields: Iterable[Field]) -> list:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _named(names: Iterable[str]) -> list[Field]:
    return [Conversation._meta.get_field(name) for name in names]


@functools.cache
def _message_fields() -> list[Field]:
    return [field for field in Message._meta.concrete_fields if not field.primary_key]


@functools.cache
def _lock_sql(waits: bool) -> str:
    lock = ""
    if connection.features.has_select_for_update:  # SQLite locks when a transaction begins
        lock = "FOR UPDATE" if waits else "FOR UPDATE SKIP LOCKED"
    select = f"SELECT * FROM {Conversation._meta.db_table} WHERE id IN ({{marks}}) ORDER BY id {lock}"  # noqa: S608
    return select if waits or not lock else f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_MS}ms'; {select}"


@functools.cache
def _insert_sql(number: int) -> str:
    columns = [field.column for field in _message_fields()]
    row = ", ".join(["%s"] * len(columns))
    rows = ", ".join([f"({row})"] * number)
    return f"INSERT INTO {Message._meta.db_table} ({', '.join(columns)}) VALUES {rows}"  # noqa: S608


@functools.cache
def _update_sql(names: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{field.column} = %s" for field in _named(names))
    return f"UPDATE {Conversation._meta.db_table} SET {assignments} WHERE id = %s"  # noqa: S608
