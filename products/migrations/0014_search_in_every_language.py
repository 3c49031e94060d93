from importlib import import_module

from django.db import migrations

from rest.trigrams import create_trigram_index, drop_trigram_index

before = import_module("products.migrations.0003_search_by_trigrams")
NAME = "products_product_texts_trigrams"
# What `every_text("name", "description")` becomes.
TRANSLATED = " || '\n' || ".join(
    f"COALESCE((translations #>> ARRAY['{language}', '{name}']), '')"
    for language in ("en", "ru")
    for name in ("name", "description")
)
TEXT = f"(name || '\n' || description || '\n' || {TRANSLATED})"


def index(apps, schema_editor):
    """One index for the texts of all languages in place of one for each column."""
    create_trigram_index(schema_editor, NAME, "products_product", TEXT)
    before.forget(apps, schema_editor)


def forget(apps, schema_editor):
    drop_trigram_index(schema_editor, NAME)
    before.index(apps, schema_editor)


class Migration(migrations.Migration):
    atomic = False  # as before: it is built while the shop sells

    dependencies = [("products", "0013_translations")]
    operations = [migrations.RunPython(index, forget)]
