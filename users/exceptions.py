from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, AuthenticationFailed

from rest.exceptions import Conflict


class WrongCredentials(AuthenticationFailed):
    """One answer for an unknown user, a wrong password and a blocked account."""

    default_code = "no_active_account"
    default_detail = _("No active account found with the given credentials.")


class OtpRequired(AuthenticationFailed):
    """Name and password are right, and the account has a second factor: send the same again with `otp`."""

    default_code = "otp_required"
    default_detail = _("Enter the code from your authenticator app, or a recovery code.")


class OtpInvalid(AuthenticationFailed):
    """A wrong code, or one that was used before."""

    default_code = "otp_invalid"
    default_detail = _("This code is wrong or was used before.")


class OtpSetUpRequired(AuthenticationFailed):
    """Administrators need a second factor here (`ADMIN_OTP_REQUIRED`), and this one has none yet."""

    default_code = "otp_set_up_required"
    default_detail = _("Administrators need two-factor sign-in here. Set it up in the back office first.")


class TokenNotValid(AuthenticationFailed):
    default_code = "token_not_valid"
    default_detail = _("The token is invalid or has expired.")


class SessionOver(TokenNotValid):
    """The token was good, but its user is blocked or gone, or has logged out everywhere since."""


class TokenRotated(AuthenticationFailed):
    """Two tabs, or a retry: the token was used up a moment ago, the session goes on."""

    default_code = "token_rotated"
    default_detail = _("This refresh token has just been used. Use the newer one.")


class TokenReused(AuthenticationFailed):
    """A used-up token came back later: somebody has a copy, so the whole sign-in ends."""

    default_code = "token_reused"
    default_detail = _("This refresh token was used before. Please sign in again.")


class LinkNotValid(APIException):
    status_code = 400
    default_code = "link_not_valid"
    default_detail = _("This link is not valid any more. Ask for a new one.")


class AddressTaken(Conflict):
    default_detail = _("A user with that e-mail address already exists.")


class LastAdmin(Conflict):
    default_code = "last_admin"
    default_detail = _("This is the last administrator.")


class RoleFixed(Conflict):
    default_code = "role_fixed"
    default_detail = _("The role of a superuser is fixed.")


class AccountClosed(Conflict):
    default_code = "account_closed"
    default_detail = _("The owner closed this account for good.")


class NotAGuest(Conflict):
    default_code = "not_a_guest"
    default_detail = _("This account is not a guest's: it has its name and password already.")


class GuestAccount(Conflict):
    """Asked for what only an account with an address and a password can do or be."""

    default_code = "guest_account"
    default_detail = _("A guest has no address and no password. Claim the account first.")


class OtpSetUpAlready(Conflict):
    default_code = "otp_set_up_already"
    default_detail = _("Two-factor sign-in is on already.")


class OtpNotSetUp(Conflict):
    default_code = "otp_not_set_up"
    default_detail = _("Two-factor sign-in is off already.")


class IdempotencyKeyNotValid(APIException):
    status_code = 400
    default_code = "idempotency_key_not_valid"
    default_detail = _("An Idempotency-Key has 1 to 255 characters.")


class IdempotencyKeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = _("This Idempotency-Key belongs to a request with another body.")
