from django.db import migrations


def make_default_branch(apps, schema_editor):
    """A shop with one branch never has to think of branches: no hours, hence always open."""
    branches = apps.get_model("products", "Branch").objects.using(schema_editor.connection.alias)
    if not branches.exists():
        branches.create(slug="main", name="CoffeeShop", is_default=True)


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [migrations.RunPython(make_default_branch, migrations.RunPython.noop)]
