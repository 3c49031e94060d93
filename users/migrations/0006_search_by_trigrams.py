from django.db import migrations

from rest.trigrams import create_trigram_index, drop_trigram_index

NAME = "users_customuser_texts_trigrams"
# What `CustomUserQuerySet.matching` looks into.
TEXT = "(username || '\n' || email || '\n' || first_name || '\n' || last_name)"


def index(apps, schema_editor):
    create_trigram_index(schema_editor, NAME, "users_customuser", TEXT)


def forget(apps, schema_editor):
    drop_trigram_index(schema_editor, NAME)


class Migration(migrations.Migration):
    atomic = False  # it is built while the shop sells

    dependencies = [("users", "0005_recovery_codes")]
    operations = [migrations.RunPython(index, forget)]
