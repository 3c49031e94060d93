"""Integrity checks of accounts and idempotency keys."""

from collections.abc import Iterator

from django.db.models import Count

from users.addresses import email_key
from users.models import CustomUser, IdempotencyRecord


def problems() -> Iterator[str]:
    for user in CustomUser.objects.only("email", "email_key", "pending_email", "pending_email_key").iterator():
        if (user.email_key, user.pending_email_key) != (email_key(user.email), email_key(user.pending_email)):
            yield f"user {user.pk} is found by another address than their own"
    for record in IdempotencyRecord.objects.filter(status=None).iterator():
        yield f"key {record.key!r} of user {record.user_id} for {record.operation} has no answer"
    keys = IdempotencyRecord.objects.values("user", "operation", "key").annotate(number=Count("pk"))
    for record in keys.filter(number__gt=1).iterator():
        yield f"key {record['key']!r} of user {record['user']} is there {record['number']} times for one operation"
