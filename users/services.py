from datetime import timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import get_language

from users import mails, tokens
from users.exceptions import LinkNotValid, WrongCredentials
from users.links import user_id_from, verification_tokens
from users.models import CustomUser


def sign_in(*, request, login: str, password: str) -> tokens.Pair:
    """Tokens for a username or e-mail address and its password. Raises WrongCredentials."""
    user = authenticate(request, username=login, password=password)
    if user is None:
        raise WrongCredentials
    update_last_login(None, user)
    return tokens.start_family(user)


@transaction.atomic
def register_user(*, username: str, email: str, password: str) -> CustomUser:
    """A new, unverified user, and the mail that verifies them, in the language they are reading."""
    language = (get_language() or "en")[:2]
    user = CustomUser.objects.create_user(username, email, password, language=language)
    mails.send_verification(user)
    return user


@transaction.atomic
def verify_email(*, uid: str, token: str) -> CustomUser:
    """Believe the address the token was sent to. Raises LinkNotValid, also for the second use."""
    user = CustomUser.objects.select_for_update().active().filter(pk=user_id_from(uid)).first()
    if user is None or not verification_tokens.check_token(user, token):
        raise LinkNotValid
    user.is_verified = True
    user.email, user.pending_email = user.pending_email or user.email, ""
    user.save(update_fields=["is_verified", "email", "pending_email"])
    return user


def delete_unverified(*, older_than: timedelta, dry_run: bool = False) -> int:
    """Delete accounts that were never verified and left nothing behind; says how many.

    Each is locked and looked at again on its own, so whoever verifies or orders in this very moment survives.
    """
    stale = CustomUser.objects.unverified_before(timezone.now() - older_than).without_history()
    if dry_run:
        return stale.count()
    return sum(_delete_if_still(stale, pk) for pk in list(stale.values_list("pk", flat=True)))


@transaction.atomic
def _delete_if_still(stale, pk: int) -> bool:
    user = stale.select_for_update().filter(pk=pk).first()
    if user is None:
        return False
    try:
        user.delete()
    except ProtectedError:  # a first order or message slipped in
        return False
    return True
