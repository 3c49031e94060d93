"""What administrators do with accounts, and the rule that one of them always remains."""

from django.db import transaction
from django.db.models import CASCADE, ProtectedError, Q
from django.utils.crypto import get_random_string

from users import tokens
from users.exceptions import AccountClosed, LastAdmin, RoleFixed
from users.models import CustomUser, Role


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
    Raises CustomUser.DoesNotExist, AccountClosed, RoleFixed, LastAdmin.
    """
    user, others = _lock(user_id)
    wanted = {"role": role, "is_active": is_active, "is_verified": is_verified}
    changes = {name: value for name, value in wanted.items() if value is not None and value != getattr(user, name)}
    if user.pk == by.pk or not changes:
        return user
    if user.is_closed:
        raise AccountClosed
    if "role" in changes and user.is_superuser:
        raise RoleFixed
    _keep_an_administrator(user, others, stays=_would_administer(user, changes))
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=list(changes))
    if changes.keys() & {"role", "is_active"}:
        tokens.end_all_sessions(user)
    return user


@transaction.atomic
def remove_user(*, user_id: int) -> None:
    """Delete the account, or, where orders or messages have to stay, leave a row without the person.

    Raises CustomUser.DoesNotExist, LastAdmin.
    """
    user, others = _lock(user_id)
    _keep_an_administrator(user, others, stays=False)
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        _anonymise(CustomUser.objects.get(pk=user_id))


def _lock(user_id: int) -> tuple[CustomUser, list[CustomUser]]:
    """The user and all other active administrators, locked together, so that no two of them leave at once."""
    administrators = Q(is_active=True) & (Q(role=Role.ADMIN) | Q(is_superuser=True))
    rows = CustomUser.objects.filter(administrators | Q(pk=user_id)).order_by("pk").select_for_update()
    by_id = {row.pk: row for row in rows}
    if user_id not in by_id:
        raise CustomUser.DoesNotExist
    return by_id.pop(user_id), [row for row in by_id.values() if row.is_active and row.is_admin]


def _would_administer(user: CustomUser, changes: dict) -> bool:
    role = changes.get("role", user.role)
    return changes.get("is_active", user.is_active) and (role == Role.ADMIN or user.is_superuser)


def _keep_an_administrator(user: CustomUser, others: list[CustomUser], *, stays: bool) -> None:
    if user.is_active and user.is_admin and not stays and not others:
        raise LastAdmin


def _anonymise(user: CustomUser) -> None:
    """What CASCADEs goes, unless something in turn PROTECTs it; what PROTECTs the user stays, unnamed."""
    for relation in user._meta.related_objects:
        if relation.on_delete is CASCADE:
            _delete_all_that_may_go(relation.related_model._base_manager.filter(**{relation.field.name: user}))
    user.username = f"closed-{user.pk}-{get_random_string(8)}"
    user.email = user.pending_email = user.first_name = user.last_name = ""
    user.role, user.is_superuser, user.is_staff, user.is_active, user.is_verified = (
        Role.USER,
        False,
        False,
        False,
        False,
    )
    user.set_unusable_password()
    user.save()
    tokens.end_all_sessions(user)


def _delete_all_that_may_go(rows) -> None:
    for row in rows:
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            continue
