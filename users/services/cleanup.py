"""Periodic deletion of expired rows."""

from datetime import timedelta

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from users.idempotency import LIFETIME
from users.models import CustomUser, CustomUserQuerySet, IdempotencyRecord, TokenFamily
from users.services.leaving import forget


def delete_unverified(*, older_than: timedelta, dry_run: bool = False) -> int:
    """Delete accounts that were never verified and left nothing behind; says how many.

    Each is locked and looked at again on its own, so whoever verifies or orders in this very moment survives.
    """
    stale = CustomUser.objects.unverified_before(timezone.now() - older_than).without_history()
    if dry_run:
        return stale.count()
    return sum(_delete_if_still(stale, pk) for pk in list(stale.values_list("pk", flat=True)))


@transaction.atomic
def _delete_if_still(stale: CustomUserQuerySet, pk: int) -> bool:
    user = stale.select_for_update().filter(pk=pk).first()
    if user is None:
        return False
    try:
        with transaction.atomic():
            forget(user)
            user.delete()
    except ProtectedError:  # a first order or message slipped in
        return False
    return True


def delete_expired() -> tuple[int, int]:
    """Delete sign-ins whose refresh token is over and idempotency records of yesterday; says how many of each."""
    families, _rows = TokenFamily.objects.filter(expires_at__lt=timezone.now()).delete()
    records, _rows = IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()
    return families, records
