"""Every door that asks for a password, and the ways to a new one."""

from collections.abc import Callable

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from users import limits, mails, tokens
from users.addresses import email_key
from users.exceptions import (
    GuestAccount,
    LinkNotValid,
    OtpInvalid,
    OtpRequired,
    OtpSetUpRequired,
    WrongCredentials,
)
from users.hashers import share_of
from users.links import reset_tokens, user_id_from
from users.models import CustomUser
from users.names import username_key
from users.services.second_factor import use_code


def check_credentials(*, request: HttpRequest, login: str, password: str) -> CustomUser:
    """Authenticate by username or e-mail address and password.

    Raises WrongCredentials; Throttled after too many failures from one address, for one account or over all, also for
    the right password and for accounts that do not exist.
    """
    account = CustomUser.objects.with_login(login).values_list("pk", flat=True).first() or username_key(login)
    return _limited(request, account, lambda: authenticate(request, username=login, password=password))


def confirm_password(*, request: HttpRequest, user: CustomUser, password: str, field: str) -> None:
    """Make sure it is still the account's owner. Raises ValidationError for the field, Throttled as above."""
    try:
        _limited(request, user.pk, lambda: user.check_password(password))
    except WrongCredentials as error:
        raise serializers.ValidationError({field: [_("This is not your password.")]}) from error


def check_second_factor(*, request: HttpRequest, user: CustomUser, code: str) -> None:
    """Make sure that whoever knew the password has the second factor, too, if the account has one.

    Raises OtpRequired without a code; OtpInvalid, which counts as a wrong password does, and Throttled as above.
    """
    if not user.has_second_factor:
        return
    if not code:
        raise OtpRequired
    try:
        _limited(request, user.pk, lambda: use_code(user=user, code=code))
    except WrongCredentials as error:
        raise OtpInvalid from error


def sign_in(*, request: HttpRequest, login: str, password: str, code: str = "") -> tokens.Pair:
    """Tokens for a username or e-mail address, its password and, of administrators, the second factor.

    Raises as `check_credentials` and `check_second_factor` do; OtpSetUpRequired for who needs a second factor first.
    """
    user = check_credentials(request=request, login=login, password=password)
    if user.lacks_second_factor:
        raise OtpSetUpRequired
    check_second_factor(request=request, user=user, code=code)
    return _begin_session(user)


def change_password(*, request: HttpRequest, user: CustomUser, current: str, new: str) -> tokens.Pair:
    """A new password; every other session ends, and this one goes on with the returned pair.

    Raises GuestAccount; OtpSetUpRequired as signing in does, or tokens of before that rule would go on for ever.
    """
    if user.is_guest:
        raise GuestAccount
    if user.lacks_second_factor:
        raise OtpSetUpRequired
    confirm_password(request=request, user=user, password=current, field="current_password")
    with transaction.atomic():
        return tokens.start_family(replace_password(user=user, new=new))


@transaction.atomic
def replace_password(*, user: CustomUser, new: str) -> CustomUser:
    """Set the password of whoever has just proved to be themselves. Raises ValidationError, TokenNotValid."""
    user = tokens.lock_user(user)
    _set_password(user, new)
    return user


@transaction.atomic
def request_reset(*, email: str) -> None:
    """Queue the e-mail that leads to a new password, if the address is known and it is not the fourth in an hour.

    It takes as long if not: the time must not tell who has an account.
    """
    user = CustomUser.objects.active().with_login(email).first() or mails.nobody(email)
    is_allowed = limits.allows_email(user.pk or email_key(email), email_key(email))
    deliver = mails.send if user.pk and is_allowed else mails.pretend
    deliver(mails.reset(user))


@transaction.atomic
def reset_password(*, uid: str, token: str, new: str) -> None:
    """Set the password whose e-mail was read, which also proves the address. Raises LinkNotValid, ValidationError."""
    user = CustomUser.objects.select_for_update(no_key=True).active().filter(pk=user_id_from(uid)).first()
    if user is None or not reset_tokens.check_token(user, token):
        raise LinkNotValid
    user.is_verified = True
    user.save(update_fields=["is_verified"])
    _set_password(user, new)


@transaction.atomic
def _begin_session(user: CustomUser) -> tokens.Pair:
    if not CustomUser.objects.unchanged_since(user).update(last_login=timezone.now()):
        raise WrongCredentials
    return tokens.start_family(user)


def _set_password(user: CustomUser, new: str) -> None:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise serializers.ValidationError({"new_password": error.messages}) from error
    user.set_password(new)
    # An address that waits is perhaps a thief's, whose e-mail would still move the account to them.
    user.save(update_fields=["password", *user.readdress(email=user.email)])
    tokens.end_all_sessions(user)
    mails.send(mails.password_changed(user))


def _limited(request: HttpRequest, account: object, attempt: Callable[[], CustomUser | bool | None]):
    """Failures count, successes do not. The second look refuses a guess that was right after too many wrong ones."""
    client = limits.client_address(request)
    counts = [(limits.FAILED_LOGINS_OF_ADDRESS, client), (limits.FAILED_LOGINS, account, client)]
    _require(counts)
    with share_of(client):
        result = attempt()
    if not result:
        for count in counts:
            limits.count(*count)
        raise WrongCredentials
    _require(counts)
    return result


def _require(counts: list[tuple]) -> None:
    for count in counts:
        limits.require(*count)
