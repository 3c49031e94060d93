from django.db import migrations, models


def move_options_into_their_items(apps, schema_editor):
    chosen = apps.get_model("cart", "CartItemOption").objects.order_by("item_id", "pk")
    items = apps.get_model("cart", "CartItem").objects
    options = {}
    for item_id, option_id, name in chosen.values_list("item_id", "option_id", "name").iterator():
        # One that is deleted already has no id left: none of another option can be 0 or below.
        mine = options.setdefault(item_id, [])
        mine.append({"id": option_id or -len(mine), "name": name})
    for item_id, chosen in options.items():
        items.filter(pk=item_id).update(options=chosen)


def move_options_back(apps, schema_editor):
    CartItemOption, Option = (apps.get_model(*name) for name in [("cart", "CartItemOption"), ("products", "Option")])
    known = set(Option.objects.values_list("pk", flat=True))
    CartItemOption.objects.bulk_create(
        CartItemOption(item=item, option_id=choice["id"] if choice["id"] in known else None, name=choice["name"])
        for item in apps.get_model("cart", "CartItem").objects.exclude(options=[])
        for choice in item.options
    )


class Migration(migrations.Migration):
    dependencies = [("cart", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="cartitem",
            name="options",
            field=models.JSONField(
                default=list, editable=False, help_text='A list of {"id", "name"}.', verbose_name="options"
            ),
        ),
        migrations.AddField(
            model_name="cartitem",
            name="position",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AlterModelOptions(
            name="cartitem",
            options={
                "ordering": ["position", "pk"],
                "verbose_name": "cart item",
                "verbose_name_plural": "cart items",
            },
        ),
        migrations.RunPython(move_options_into_their_items, move_options_back),
    ]
