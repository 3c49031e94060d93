"""Links in mails that prove whoever follows them reads that address."""

import json
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from rest.fields import id_from
from users.models import CustomUser


class LinkTokens(PasswordResetTokenGenerator):
    """Signed parts with borders between them, so that no two sets of parts are signed alike.

    The nonce moves whenever an address or the password changes: a link that was used is never good again.
    """

    def _make_hash_value(self, user: CustomUser, timestamp: int) -> str:
        return json.dumps([user.pk, timestamp, user.link_nonce, *self.parts(user)])


class VerificationTokens(LinkTokens):
    """Bound to the addresses and to their being unverified. Outlives a sign-in, unlike a reset token."""

    key_salt = "users.verification"

    def parts(self, user: CustomUser) -> list:
        return [user.email, user.pending_email, user.is_verified]


class ResetTokens(LinkTokens):
    """Bound to the address and the password, and void with the next sign-in."""

    key_salt = "users.reset"

    def parts(self, user: CustomUser) -> list:
        return [user.email, user.password, user.last_login and user.last_login.timestamp()]


verification_tokens = VerificationTokens()
reset_tokens = ResetTokens()


def verification_link(user: CustomUser) -> str:
    """Link that verifies the user's newest e-mail address: to our own page, or VERIFY_URL."""
    return _link(settings.VERIFY_URL or reverse("verify-email"), user, verification_tokens.make_token(user))


def reset_link(user: CustomUser) -> str:
    """Link to choose a new password: on our own page, or RESET_URL."""
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
