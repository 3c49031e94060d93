"""Presence of boards, a lease that each server renews: whether a board is connected decides who gets an e-mail."""

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from orders.models import BoardPresence
from rest.transactions import retrying_atomic

LIFETIME = timedelta(seconds=30)


@retrying_atomic
def renew_boards(*, server: str, branch_ids: Collection[int]) -> None:
    """Say which branches have a board connected to this server: all of them, at least every ten seconds and whenever
    the first one comes or the last one goes. What is not named is gone at once, what is not renewed in 30 seconds.
    """
    BoardPresence.objects.filter(server=server).exclude(branch__in=branch_ids).delete()
    until = timezone.now() + LIFETIME
    BoardPresence.objects.bulk_create(
        (BoardPresence(branch_id=branch_id, server=server, until=until) for branch_id in sorted(set(branch_ids))),
        update_conflicts=True,
        unique_fields=["branch", "server"],
        update_fields=["until"],
    )


def board_connected(branch_id: int) -> bool:
    """True while a board of this branch is connected, on whatever server."""
    return BoardPresence.objects.filter(branch=branch_id, until__gt=timezone.now()).exists()
