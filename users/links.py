"""Links in mails that prove whoever follows them reads that address."""

from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.tokens import default_token_generator as reset_tokens
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from rest.fields import id_from
from users.models import CustomUser


class VerificationTokens(PasswordResetTokenGenerator):
    """Bound to the address and to its being unverified: using it, or changing the address, uses it up.

    Unlike a reset token it outlives a sign-in and a change of password.
    """

    key_salt = "users.verification"

    def _make_hash_value(self, user: CustomUser, timestamp: int) -> str:
        return f"{user.pk}{timestamp}{user.email}{user.pending_email}{user.is_verified}"


verification_tokens = VerificationTokens()


def verification_link(user: CustomUser) -> str:
    """Where the owner of the user's newest e-mail address confirms it: our own page, or VERIFY_URL."""
    return _link(settings.VERIFY_URL or reverse("verify-email"), user, verification_tokens.make_token(user))


def reset_link(user: CustomUser) -> str:
    """Where a new password is chosen: our own page, or RESET_URL."""
    return _link(settings.RESET_URL or reverse("reset-password"), user, reset_tokens.make_token(user))


def _link(page: str, user: CustomUser, token: str) -> str:
    query = urlencode({"uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": token})
    return f"{urljoin(settings.SITE_URL, page)}?{query}"


def user_id_from(uid: str) -> int | None:
    try:
        text = urlsafe_base64_decode(uid).decode("ascii")
    except ValueError:
        return None
    return id_from(text)
