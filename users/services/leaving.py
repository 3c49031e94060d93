"""Erasure of a person: all that is theirs alone, and their names wherever else they stand.

`on_delete` is the rule for rows: what CASCADEs goes, what PROTECTs stays, unnamed.
"""

from collections.abc import Callable

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CASCADE, CharField, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.crypto import get_random_string

from users import mails, tokens
from users.models import CustomUser, Role, relations_to, unprotected

# What other apps do, in the same transaction, when an account is closed; added in their `ready`.
on_leaving: list[Callable[[CustomUser], None]] = []


def forget(user: CustomUser) -> None:
    """Take the person's names and words out of what stays: other apps' rows, the admin's history, queued e-mails."""
    for forget_there in on_leaving:
        forget_there(user)
    _blank_history(user)
    mails.withdraw(user)


def anonymise(user: CustomUser) -> None:
    """Leave a row without the person, for what PROTECTs it."""
    for relation in relations_to(CustomUser):
        if relation.on_delete is CASCADE:
            unprotected(_rows(relation.related_model, relation.field.name, user)).delete()
    user.username = f"closed-{user.pk}-{get_random_string(8)}"
    user.readdress(email="")
    user.first_name = user.last_name = ""
    user.role = Role.USER
    user.is_superuser = user.is_staff = user.is_active = user.is_verified = user.is_guest = False
    user.set_unusable_password()
    user.save()
    tokens.end_all_sessions(user)


def _blank_history(user: CustomUser) -> None:
    """Entries of the admin about the person, or about a row of theirs that names them, stay without words."""
    LogEntry.objects.filter(_about(CustomUser, CustomUser.objects.filter(pk=user.pk))).update(
        object_repr="", change_message=""
    )
    naming = Q()
    for name in filter(None, [user.username, user.email, user.first_name, user.last_name]):
        naming |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    for relation in relations_to(CustomUser):
        rows = _rows(relation.related_model, relation.field.name, user)
        LogEntry.objects.filter(_about(relation.related_model, rows), naming).update(object_repr="", change_message="")


def _about(model: type[Model], rows: QuerySet) -> Q:
    ids = rows.order_by().annotate(as_text=Cast("pk", CharField())).values("as_text")
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)


def _rows(model: type[Model], field: str, user: CustomUser) -> QuerySet:
    return model._base_manager.filter(**{field: user})
