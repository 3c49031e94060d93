"""Search for parts of words: several columns as one text, and its trigram index where the database has trigrams.

PostgreSQL answers LIKE '%…%' from a GIN index over trigrams (https://www.postgresql.org/docs/current/pgtrgm.html).
Where pg_trgm is missing and may not be created, and on SQLite, the search reads every row, and finds the same.
"""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def one_text(*texts: str | models.Expression) -> models.Expression:
    """The texts as one to search in with `icontains`. Line ends part them, for no word has one."""
    return models.Func(*texts, template="(%(expressions)s)", arg_joiner=" || '\n' || ", output_field=models.TextField())


def create_trigram_index(editor: BaseDatabaseSchemaEditor, name: str, table: str, text: str) -> None:
    """Index `text`, an SQL expression, as `icontains` asks for it, while others write. Not inside a transaction."""
    if editor.connection.vendor != "postgresql" or not _has_trigrams(editor.connection):
        return
    drop_trigram_index(editor, name)  # half made by an attempt that was interrupted, it would neither work nor go away
    with editor.connection.cursor() as cursor:
        cursor.execute(f'CREATE INDEX CONCURRENTLY "{name}" ON {table} USING gin (UPPER({text}::text) gin_trgm_ops)')


def drop_trigram_index(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    if editor.connection.vendor == "postgresql":
        with editor.connection.cursor() as cursor:
            cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')


def _has_trigrams(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'), "
            "(SELECT count(*) FROM pg_available_extension_versions WHERE name = 'pg_trgm' AND trusted), "
            "has_database_privilege(current_database(), 'CREATE')"
        )
        is_there, is_available, may_create = cursor.fetchone()
        if not is_there and is_available and may_create:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        return bool(is_there or (is_available and may_create))
