"""An account from its beginning to its end."""

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import get_language

from users import limits, mails, tokens
from users.addresses import email_key
from users.exceptions import AddressTaken, LinkNotValid, NotAGuest
from users.links import user_id_from, verification_tokens
from users.models import CustomUser
from users.names import normalise_password
from users.services.administration import remove_user
from users.services.passwords import confirm_password


@transaction.atomic
def register_user(*, username: str, email: str, password: str, first_name: str = "", language: str = "") -> CustomUser:
    """Create an unverified user and queue the verification e-mail, in the language asked for or else being read."""
    names = {"first_name": first_name, "language": language or _language_being_read()}
    user = CustomUser.objects.create_user(username, email, password, **names)
    _ask_to_verify(user)
    return user


@transaction.atomic
def invite_user(user: CustomUser) -> None:
    """Save a new account that an administrator made, without a password, and queue the e-mail that leads to one."""
    user.set_unusable_password()
    user.save()
    mails.send(mails.invitation(user))


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
    encoded = make_password(normalise_password(password))  # slow on purpose: not while the row is locked
    with transaction.atomic():
        user = tokens.lock_user(user)
        if not user.is_guest:
            raise NotAGuest
        user.username, user.password, user.is_guest = username, encoded, False
        user.save(update_fields=["username", "username_key", "password", "is_guest", *user.readdress(email=email)])
        _ask_to_verify(user)
    return user


@transaction.atomic
def verify_email(*, uid: str, token: str) -> CustomUser:
    """Believe the address the token was sent to. Raises LinkNotValid, also for the second use, and AddressTaken."""
    user = CustomUser.objects.select_for_update(no_key=True).active().filter(pk=user_id_from(uid)).first()
    if user is None or not verification_tokens.check_token(user, token):
        raise LinkNotValid
    user.is_verified = True
    names = user.readdress(email=user.pending_email or user.email)
    try:
        with transaction.atomic():
            user.save(update_fields=["is_verified", *names])
    except IntegrityError as error:  # somebody else has confirmed it since
        raise AddressTaken from error
    return user


@transaction.atomic
def resend_verification(*, email: str) -> None:
    """Queue the e-mail again to an address that waits for it, unless it is the fourth in an hour.

    It takes as long if not: the time must not tell who has an account.
    """
    for user in CustomUser.objects.active().awaiting_verification(email) or [mails.nobody(email)]:
        is_allowed = limits.allows_email(user.pk or email_key(email), email_key(email))
        deliver = mails.send if user.pk and is_allowed else mails.pretend
        deliver(mails.verification(user))


def names_new_address(user: CustomUser, body: object) -> bool:
    """True when the body of a change asks for another address than the account has, however sound that may be."""
    address = body.get("email") if isinstance(body, dict) else None
    return address is not None and email_key(str(address)) not in {user.email_key, user.pending_email_key}


def change_profile(
    *, request: HttpRequest, user: CustomUser, email: str | None = None, current_password: str = "", **names: str
) -> CustomUser:
    """Change names and language at once, the address once it is confirmed.

    The address in force takes back a change that waits. Raises ValidationError and Throttled for the password that a
    new address needs, TokenNotValid when the session ends meanwhile.
    """
    if email is not None and email_key(email) not in {user.email_key, user.pending_email_key}:
        confirm_password(request=request, user=user, password=current_password, field="current_password")
    return _save_profile(user, email, names)


@transaction.atomic
def _save_profile(user: CustomUser, email: str | None, names: dict[str, str]) -> CustomUser:
    user = tokens.lock_user(user)
    for name, value in names.items():
        setattr(user, name, value)
    changed = list(names)
    is_new = email is not None and email_key(email) not in {user.email_key, user.pending_email_key}
    if is_new or (user.pending_email and email is not None and email_key(email) == user.email_key):
        changed += user.readdress(email=user.email, pending_email=email if is_new else "")
    user.save(update_fields=changed)
    if is_new:
        _ask_to_verify(user)
        mails.send(mails.email_changing(user))
    return user


def close_account(*, request: HttpRequest, user: CustomUser, password: str = "") -> None:
    """The owner leaves for good; a guest has no password to show. Raises ValidationError, Throttled, LastAdmin."""
    if not user.is_guest:
        confirm_password(request=request, user=user, password=password, field="password")
    remove_user(user_id=user.pk)


def _ask_to_verify(user: CustomUser) -> None:
    """Silently not, when others have just claimed the same address: it is perhaps none of theirs."""
    if limits.allows(limits.FIRST_EMAILS, user.pending_email_key or user.email_key):
        mails.send(mails.verification(user))


def _language_being_read() -> str:
    return (get_language() or "en")[:2]
