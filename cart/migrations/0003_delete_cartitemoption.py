from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cart", "0002_options_within_the_item")]

    operations = [
        migrations.DeleteModel(name="CartItemOption"),
    ]
