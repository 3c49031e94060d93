from django.core.exceptions import ValidationError
from django.db import migrations, models

import users.addresses
from users.addresses import email_key, normalise_email


def stored(address: str) -> str:
    try:
        return normalise_email(address)
    except ValidationError:  # from before there were rules: its owner still signs in with it
        return address


def give_keys(apps, schema_editor):
    """Bring addresses to their stored form. Where two spellings turn out to be one address, the account that proved it
    first keeps it; the other one signs in by its username, and finds the address as one to be verified.
    """
    Users = apps.get_model("users", "CustomUser").objects
    taken = set()
    for user in Users.exclude(email="", pending_email="").order_by("-is_verified", "pk").iterator():
        email, pending, key = stored(user.email), stored(user.pending_email), email_key(user.email)
        if key and key in taken:
            email, pending, key = "", email, ""
        taken.add(key)
        Users.filter(pk=user.pk).update(
            email=email, email_key=key, pending_email=pending, pending_email_key=email_key(pending)
        )


class Migration(migrations.Migration):
    dependencies = [("users", "0002_guests")]

    operations = [
        migrations.RemoveConstraint(model_name="customuser", name="users_customuser_email_unique"),
        migrations.RemoveIndex(model_name="customuser", name="users_pending_email"),
        migrations.RemoveField(model_name="tokenfamily", name="previous_rotated_at"),
        migrations.AddField(
            model_name="customuser",
            name="email_key",
            field=users.addresses.EmailKeyField(default="", editable=False, max_length=600, of="email"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customuser",
            name="pending_email_key",
            field=users.addresses.EmailKeyField(default="", editable=False, max_length=600, of="pending_email"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="customuser",
            name="link_nonce",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="customuser",
            index=models.Index(
                fields=["pending_email_key"], condition=~models.Q(pending_email_key=""), name="users_pending_email"
            ),
        ),
        migrations.AddConstraint(
            model_name="customuser",
            constraint=models.UniqueConstraint(
                fields=["email_key"],
                condition=~models.Q(email_key=""),
                name="users_customuser_email_unique",
                violation_error_message="A user with that e-mail address already exists.",
            ),
        ),
    ]
