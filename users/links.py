"""Links in mails that prove whoever follows them reads that address."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from users.models import CustomUser


class VerificationTokens(PasswordResetTokenGenerator):
    """Bound to the address and to its being unverified: using it, or changing the address, uses it up.

    Unlike a reset token it outlives a sign-in and a change of password.
    """

    key_salt = "users.verification"

    def _make_hash_value(self, user: CustomUser, timestamp: int) -> str:
        return f"{user.pk}{timestamp}{user.pending_email or user.email}{user.is_verified}"


verification_tokens = VerificationTokens()


def verification_link(user: CustomUser) -> str:
    """An absolute address of our verification page, for the user's newest e-mail address."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    query = urlencode({"uid": uid, "token": verification_tokens.make_token(user)})
    return f"{settings.SITE_URL}{reverse('verify-email')}?{query}"


def user_id_from(uid: str) -> int | None:
    try:
        text = urlsafe_base64_decode(uid).decode("ascii")
    except ValueError:
        return None
    return int(text) if text.isdecimal() and len(text) < 19 else None
