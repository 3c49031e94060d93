"""An account from its beginning to its end."""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import get_language

from users import limits, mails, tokens
from users.exceptions import AddressTaken, LinkNotValid, NotAGuest
from users.links import user_id_from, verification_tokens
from users.models import CustomUser
from users.services.administration import remove_user
from users.services.passwords import confirm_password


@transaction.atomic
def register_user(*, username: str, email: str, password: str, first_name: str = "", language: str = "") -> CustomUser:
    """Create an unverified user and queue the verification e-mail, in the language asked for or else being read."""
    names = {"first_name": first_name, "language": language or _language_being_read()}
    user = CustomUser.objects.create_user(username, email, password, **names)
    mails.send_verification(user)
    return user


@transaction.atomic
def create_guest(*, name: str = "", language: str = "") -> tuple[CustomUser, tokens.Pair]:
    """Create a guest, an account without address and password, and its first token pair: there is no other sign-in."""
    guest = CustomUser.objects.create_user(
        f"guest-{get_random_string(12).lower()}",
        is_guest=True,
        first_name=name,
        language=language or _language_being_read(),
    )
    return guest, tokens.start_family(guest)


def claim_account(*, user: CustomUser, username: str, email: str, password: str) -> CustomUser:
    """Turn a guest into a full account, the same row with all that hangs on it, and queue the verification e-mail.

    Its sessions go on. Raises NotAGuest, also for the second of two at once, and TokenNotValid.
    """
    encoded = make_password(password)  # slow on purpose: not while the row is locked
    with transaction.atomic():
        user = tokens.lock_user(user)
        if not user.is_guest:
            raise NotAGuest
        user.username, user.email, user.password, user.is_guest = username, email, encoded, False
        user.save(update_fields=["username", "username_key", "email", "password", "is_guest"])
        mails.send_verification(user)
    return user


@transaction.atomic
def verify_email(*, uid: str, token: str) -> CustomUser:
    """Believe the address the token was sent to. Raises LinkNotValid, also for the second use, and AddressTaken."""
    user = CustomUser.objects.select_for_update(no_key=True).active().filter(pk=user_id_from(uid)).first()
    if user is None or not verification_tokens.check_token(user, token):
        raise LinkNotValid
    user.is_verified = True
    user.email, user.pending_email = user.pending_email or user.email, ""
    try:
        with transaction.atomic():
            user.save(update_fields=["is_verified", "email", "pending_email"])
    except IntegrityError as error:  # somebody else has confirmed it since
        raise AddressTaken from error
    return user


def resend_verification(*, email: str) -> None:
    """Queue the letter again for an address that waits for it, unless it is the fourth in an hour."""
    user = CustomUser.objects.active().awaiting_verification(email).first()
    if user is not None and limits.allows(limits.VERIFICATION_LETTERS, user.pk):
        mails.send_verification(user)


def change_profile(
    *, request: HttpRequest, user: CustomUser, email: str | None = None, current_password: str = "", **names: str
) -> CustomUser:
    """Change names and language at once, the address once it is confirmed.

    The address in force takes back a change that waits. Raises ValidationError and Throttled for the password that a
    new address needs, TokenNotValid when the session ends meanwhile.
    """
    changes = dict(names)
    is_new = email is not None and email.lower() not in {user.email.lower(), user.pending_email.lower()}
    if is_new:
        confirm_password(request=request, user=user, password=current_password, field="current_password")
        changes["pending_email"] = email
    elif email is not None and email.lower() == user.email.lower():
        changes["pending_email"] = ""
    return _save_profile(user, changes, is_new=is_new)


@transaction.atomic
def _save_profile(user: CustomUser, changes: dict[str, str], *, is_new: bool) -> CustomUser:
    user = tokens.lock_user(user)
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=list(changes))
    if is_new:
        mails.send_verification(user)
        mails.send_email_changing(user)
    return user


def close_account(*, request: HttpRequest, user: CustomUser, password: str = "") -> None:
    """The owner leaves for good; a guest has no password to show. Raises ValidationError, Throttled, LastAdmin."""
    if not user.is_guest:
        confirm_password(request=request, user=user, password=password, field="password")
    remove_user(user_id=user.pk)


def _language_being_read() -> str:
    return (get_language() or "en")[:2]
