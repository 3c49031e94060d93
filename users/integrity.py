"""What must hold of idempotency keys at any moment."""

from collections.abc import Iterator

from django.db.models import Count

from users.models import IdempotencyRecord


def problems() -> Iterator[str]:
    for record in IdempotencyRecord.objects.filter(status=None).iterator():
        yield f"key {record.key!r} of user {record.user_id} for {record.operation} has no answer"
    keys = IdempotencyRecord.objects.values("user", "operation", "key").annotate(number=Count("pk"))
    for record in keys.filter(number__gt=1).iterator():
        yield f"key {record['key']!r} of user {record['user']} is there {record['number']} times for one operation"
