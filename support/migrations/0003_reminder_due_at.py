from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("support", "0002_letter_due_at")]

    operations = [
        # The index anew: its condition would go on naming the old column.
        migrations.RemoveIndex("conversation", "support_letter_due"),
        migrations.RenameField("conversation", "letter_due_at", "reminder_due_at"),
        migrations.AddIndex(
            "conversation",
            models.Index(
                condition=models.Q(("reminder_due_at__isnull", False)),
                fields=["reminder_due_at"],
                name="support_reminder_due",
            ),
        ),
    ]
