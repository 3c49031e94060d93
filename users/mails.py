"""Letters about accounts, queued, each in its reader's language, as text and as simple HTML."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from users.links import reset_link, verification_link
from users.models import CustomUser


def send_verification(user: CustomUser) -> None:
    """Ask the owner of the user's newest address to confirm it."""
    with override(user.language):
        _send(
            user.pending_email or user.email,
            _("Confirm your e-mail address"),
            user,
            text=_("Please confirm that this is your e-mail address."),
            link=verification_link(user),
            button=_("Confirm"),
            small=_("The link works once and for 48 hours. If you did not register with us, ignore this letter."),
        )


def send_reset(user: CustomUser) -> None:
    with override(user.language):
        _send(
            user.email,
            _("Choose a new password"),
            user,
            text=_("Somebody, we hope you, asked for a new password for your account."),
            link=reset_link(user),
            button=_("Choose a new password"),
            small=_("The link works once and for 48 hours. If it was not you, ignore this: nothing has changed."),
        )


def send_password_changed(user: CustomUser) -> None:
    with override(user.language):
        _send(
            user.email,
            _("Your password was changed"),
            user,
            text=_("The password of your account has just been changed, and every device was signed out."),
            small=_("If it was not you, ask for a new password at once."),
        )


def send_email_changing(user: CustomUser) -> None:
    """Tell the address in force that another one wants its place."""
    with override(user.language):
        _send(
            user.email,
            _("Your e-mail address is about to change"),
            user,
            text=_("Your account is to get the address %s. Until that is confirmed, this one stays in force.")
            % user.pending_email,
            small=_("If it was not you, change your password at once."),
        )


def _send(to: str, subject: str, user: CustomUser, **context: str) -> None:
    if not to:
        return
    context |= {"username": user.username, "subject": subject}
    letter = EmailMultiAlternatives(subject, render_to_string("users/mail/letter.txt", context), to=[to])
    letter.attach_alternative(render_to_string("users/mail/letter.html", context), "text/html")
    letter.send()
