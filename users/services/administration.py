"""Administrators' changes of accounts, and the rule that one administrator always remains."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import ProtectedError

from rest.exceptions import Conflict
from users import tokens
from users.exceptions import AccountClosed, GuestAccount, LastAdmin, RoleFixed
from users.models import CustomUser, Role
from users.services.leaving import anonymise, forget
from users.services.second_factor import forget_devices

# What other apps do, in the same transaction, when somebody stops being an administrator; added in their `ready`.
on_leaving_administration: list[Callable[[CustomUser], None]] = []


@transaction.atomic
def change_user(
    *,
    user_id: int,
    by: CustomUser,
    role: Role | None = None,
    is_active: bool | None = None,
    is_verified: bool | None = None,
) -> CustomUser:
    """Set what only administrators may set. A new role or a block ends all sessions of the user.

    Nobody changes themselves: then nothing happens.
    Raises CustomUser.DoesNotExist, AccountClosed, GuestAccount, RoleFixed, LastAdmin.
    """
    user, others = _lock(user_id)
    wanted = {"role": role, "is_active": is_active, "is_verified": is_verified}
    changes = {name: value for name, value in wanted.items() if value is not None and value != getattr(user, name)}
    if user.pk == by.pk or not changes:
        return user
    if user.is_closed:
        raise AccountClosed
    if user.is_guest and changes.keys() & {"role", "is_verified"}:
        raise GuestAccount
    if "role" in changes and user.is_superuser:
        raise RoleFixed
    was_administrator = _administers(user)
    for name, value in changes.items():
        setattr(user, name, value)
    user.link_nonce += "is_verified" in changes  # a link that went out before must not decide anew
    if was_administrator and not _administers(user):
        _keep_one(others)
    user.save(update_fields=[*changes, "link_nonce"])
    if was_administrator and not _administers(user):
        _hand_over(user)
    if "role" in changes and not user.is_admin:
        forget_devices(user)
    if changes.keys() & {"role", "is_active"}:
        tokens.end_all_sessions(user)
    return user


@transaction.atomic
def remove_user(*, user_id: int) -> None:
    """Delete the account, or, where orders or messages have to stay, leave a row without the person.

    Raises CustomUser.DoesNotExist, LastAdmin.
    """
    user, others = _lock(user_id)
    if _administers(user):
        _keep_one(others)
        _hand_over(user)
    forget(user)
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        anonymise(CustomUser.objects.get(pk=user_id))


def _lock(user_id: int) -> tuple[CustomUser, list[CustomUser]]:
    """The user, locked; an administrator together with all others, so that no two of them leave at once.

    Whoever is none is locked alone: while thousands of their rows go, administrators go on working.
    Raises CustomUser.DoesNotExist, and Conflict for somebody who becomes an administrator in this very moment.
    """
    wanted = CustomUser.objects.filter(pk=user_id)
    administrators = CustomUser.objects.active().administrators()
    is_alone = not administrators.filter(pk=user_id).exists()
    rows = wanted if is_alone else wanted | administrators
    by_id = {row.pk: row for row in rows.order_by("pk").select_for_update(no_key=True)}
    if user_id not in by_id:
        raise CustomUser.DoesNotExist
    user = by_id.pop(user_id)
    if is_alone and _administers(user):
        raise Conflict
    return user, list(by_id.values())


def _administers(user: CustomUser) -> bool:
    return user.is_active and user.is_admin


def _hand_over(user: CustomUser) -> None:
    for release in on_leaving_administration:
        release(user)


def _keep_one(others: list[CustomUser]) -> None:
    """Raises LastAdmin when no other active administrator remains."""
    if not others:
        raise LastAdmin
