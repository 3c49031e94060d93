from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from users.links import verification_link
from users.models import CustomUser


def send_verification(user: CustomUser) -> None:
    """Queue the mail that asks the owner of the user's newest address to confirm it, in the user's language."""
    with override(user.language):
        context = {"user": user, "link": verification_link(user)}
        body = render_to_string("users/mail/verification.txt", context)
        send_mail(_("Confirm your e-mail address"), body, None, [user.pending_email or user.email])
