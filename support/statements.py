"""What every message asks of the database, as SQL made once.

The ORM would put these statements together anew for each message, which takes it longer than the database needs to
execute them, and holds up every other socket of the process meanwhile. Only names of ours become part of the SQL.
"""

import functools
from collections.abc import Iterable

from django.db import connection
from django.db.models import Field, Model

from support.models import Conversation, Message
from users.models import CustomUser


def lock_visible(conversation_id: int, user: CustomUser) -> Conversation:
    """`visible_to(user).locked().get()`. Raises Conversation.DoesNotExist."""
    for conversation in Conversation.objects.raw(_lock_sql(), [conversation_id, user.is_admin, user.pk]):
        return conversation
    raise Conversation.DoesNotExist


def store(message: Message, *changed: str) -> None:
    """Insert the message, which does not learn its primary key, and save the `changed` fields of its conversation."""
    conversation = message.conversation
    insert = _insert_sql(), _values(message, _message_fields())
    update = _update_sql(changed), [*_values(conversation, _named(changed)), conversation.pk]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which does both in one round trip
            cursor.execute(f"WITH stored AS ({insert[0]}) {update[0]}", insert[1] + update[1])
        else:
            cursor.execute(*insert)
            cursor.execute(*update)


def _values(row: Model, fields: Iterable[Field]) -> list:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _named(names: Iterable[str]) -> list[Field]:
    return [Conversation._meta.get_field(name) for name in names]


@functools.cache
def _message_fields() -> list[Field]:
    return [field for field in Message._meta.concrete_fields if not field.primary_key]


@functools.cache
def _lock_sql() -> str:
    lock = "FOR UPDATE" if connection.features.has_select_for_update else ""  # SQLite locks when a transaction begins
    return f"SELECT * FROM {Conversation._meta.db_table} WHERE id = %s AND (%s OR customer_id = %s) {lock}"  # noqa: S608


@functools.cache
def _insert_sql() -> str:
    columns = [field.column for field in _message_fields()]
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {Message._meta.db_table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


@functools.cache
def _update_sql(names: tuple[str, ...]) -> str:
    assignments = ", ".join(f"{field.column} = %s" for field in _named(names))
    return f"UPDATE {Conversation._meta.db_table} SET {assignments} WHERE id = %s"  # noqa: S608
