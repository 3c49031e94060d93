from django.db import migrations

from rest.trigrams import create_trigram_index, drop_trigram_index

INDEXES = {"products_product_name_trigrams": '"name"', "products_product_description_trigrams": '"description"'}


def index(apps, schema_editor):
    for name, text in INDEXES.items():
        create_trigram_index(schema_editor, name, "products_product", text)


def forget(apps, schema_editor):
    for name in INDEXES:
        drop_trigram_index(schema_editor, name)


class Migration(migrations.Migration):
    atomic = False  # an index that is built while the shop sells cannot be built inside a transaction

    dependencies = [("products", "0002_default_branch")]
    operations = [migrations.RunPython(index, forget)]
