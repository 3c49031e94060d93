from django.db import migrations

INDEXES = {
    "products_product_name_trigrams": 'UPPER("name"::text)',
    "products_product_description_trigrams": 'UPPER("description"::text)',
}


def index(apps, schema_editor):
    """Where PostgreSQL brings pg_trgm and lets us have it; elsewhere the search reads every row, and finds the same."""
    if schema_editor.connection.vendor != "postgresql" or not _has_trigrams(schema_editor.connection):
        return
    with schema_editor.connection.cursor() as cursor:
        for name, expression in INDEXES.items():
            # Half made by an attempt that was interrupted, it would neither work nor go away by itself.
            cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')
            cursor.execute(
                f'CREATE INDEX CONCURRENTLY "{name}" ON products_product USING gin ({expression} gin_trgm_ops)'
            )


def forget(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"')


def _has_trigrams(connection) -> bool:
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


class Migration(migrations.Migration):
    atomic = False  # an index that is built while the shop sells cannot be built inside a transaction

    dependencies = [("products", "0002_default_branch")]
    operations = [migrations.RunPython(index, forget)]
