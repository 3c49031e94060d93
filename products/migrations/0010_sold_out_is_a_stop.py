"""`sold_out_until` of a product at a branch becomes its entry on the branch's stop-list."""

from django.db import migrations


def to_stop_list(apps, schema_editor):
    BranchProduct, StopListEntry = (apps.get_model("products", name) for name in ("BranchProduct", "StopListEntry"))
    sold_out = BranchProduct.objects.filter(sold_out_until__isnull=False).values_list(
        "branch_id", "product_id", "sold_out_until"
    )
    StopListEntry.objects.bulk_create(
        [
            StopListEntry(branch_id=branch_id, product_id=product_id, until=until)
            for branch_id, product_id, until in sold_out.iterator()
        ],
        batch_size=500,
    )


def from_stop_list(apps, schema_editor):
    BranchProduct, StopListEntry = (apps.get_model("products", name) for name in ("BranchProduct", "StopListEntry"))
    for entry in StopListEntry.objects.filter(product__isnull=False, until__isnull=False).iterator():
        BranchProduct.objects.update_or_create(
            branch_id=entry.branch_id, product_id=entry.product_id, defaults={"sold_out_until": entry.until}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0009_stop_list"),
    ]

    operations = [
        migrations.RunPython(to_stop_list, from_stop_list),
        migrations.RemoveField(model_name="branchproduct", name="sold_out_until"),
    ]
