from importlib import import_module

from django.db import migrations

before = import_module("products.migrations.0003_search_by_trigrams")
NAME = "products_product_texts_trigrams"
# What `every_text("name", "description")` and `icontains` become.
TRANSLATED = " || '\n' || ".join(
    f"COALESCE((translations #>> ARRAY['{language}', '{name}']), '')"
    for language in ("en", "ru")
    for name in ("name", "description")
)
EXPRESSION = f"UPPER((name || '\n' || description || '\n' || {TRANSLATED})::text)"


def index(apps, schema_editor):
    """One index for the texts of all languages, where the database has trigrams, in place of one for each column."""
    if schema_editor.connection.vendor != "postgresql" or not before._has_trigrams(schema_editor.connection):
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{NAME}"')
        cursor.execute(f'CREATE INDEX CONCURRENTLY "{NAME}" ON products_product USING gin ({EXPRESSION} gin_trgm_ops)')
    before.forget(apps, schema_editor)


def forget(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{NAME}"')
        before.index(apps, schema_editor)


class Migration(migrations.Migration):
    atomic = False  # as before: it is built while the shop sells

    dependencies = [("products", "0013_translations")]
    operations = [migrations.RunPython(index, forget)]
