"""E-mails about accounts, queued, each in its reader's language, as text and as simple HTML."""

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from mailer.backend import DbBackend
from mailer.models import Message

from users.addresses import deliverable
from users.links import reset_link, verification_link
from users.models import CustomUser


def send(email: EmailMultiAlternatives) -> None:
    if any(email.to):
        email.send()


def pretend(email: EmailMultiAlternatives) -> None:
    """Queue it and take it back, which takes as long as queueing it."""
    with transaction.atomic():
        DbBackend().send_messages([email])
        transaction.set_rollback(True)


def withdraw(user: CustomUser) -> None:
    """Take what is queued for the person out of the queue: it has their names, and links to what is no more."""
    addresses = {deliverable(address) for address in (user.email, user.pending_email)} - {""}
    if addresses:
        theirs = [email.pk for email in Message.objects.iterator() if addresses & set(email.to_addresses)]
        Message.objects.filter(pk__in=theirs).delete()


def nobody(address: str) -> CustomUser:
    """Stand-in for whoever would have the address, for `pretend`."""
    return CustomUser(username="nobody", email=address, language=(get_language() or "en")[:2])


def verification(user: CustomUser) -> EmailMultiAlternatives:
    """Asks the owner of the user's newest address to confirm it."""
    with override(user.language):
        return _email(
            deliverable(user.pending_email or user.email),
            _("Confirm your e-mail address"),
            user,
            text=_("Please confirm that this is your e-mail address."),
            link=verification_link(user),
            button=_("Confirm"),
            small=_("The link works once and for 48 hours. If you did not register with us, ignore this e-mail."),
        )


def invitation(user: CustomUser) -> EmailMultiAlternatives:
    """Leads whoever got an account from us to its first password, which also proves the address."""
    with override(user.language):
        return _email(
            deliverable(user.email),
            _("Welcome: choose your password"),
            user,
            text=_("You have been given an account. Choose a password, and you can sign in."),
            link=reset_link(user),
            button=_("Choose a password"),
            small=_("The link works once and for 48 hours. After that, ask for a new password with your address."),
        )


def reset(user: CustomUser) -> EmailMultiAlternatives:
    with override(user.language):
        return _email(
            deliverable(user.email),
            _("Choose a new password"),
            user,
            text=_("Somebody, we hope you, asked for a new password for your account."),
            link=reset_link(user),
            button=_("Choose a new password"),
            small=_("The link works once and for 48 hours. If it was not you, ignore this: nothing has changed."),
        )


def password_changed(user: CustomUser) -> EmailMultiAlternatives:
    with override(user.language):
        return _email(
            user.mail_address,
            _("Your password was changed"),
            user,
            text=_("The password of your account has just been changed, and every device was signed out."),
            small=_("If it was not you, ask for a new password at once."),
        )


def second_factor_on(user: CustomUser) -> EmailMultiAlternatives:
    with override(user.language):
        return _sign_in_changed(user, _("Two-factor sign-in is on"), _("Your account now asks for a code, too."))


def recovery_codes_renewed(user: CustomUser) -> EmailMultiAlternatives:
    with override(user.language):
        return _sign_in_changed(user, _("New recovery codes"), _("Your recovery codes so far are void."))


def second_factor_off(user: CustomUser) -> EmailMultiAlternatives:
    with override(user.language):
        return _sign_in_changed(user, _("Two-factor sign-in is off"), _("Your account asks for no code any more."))


def email_changing(user: CustomUser) -> EmailMultiAlternatives:
    """Tells the address in force that another one wants its place."""
    with override(user.language):
        return _email(
            user.mail_address,
            _("Your e-mail address is about to change"),
            user,
            text=_("Your account is to get the address %s. Until that is confirmed, this one stays in force.")
            % user.pending_email,
            small=_("If it was not you, change your password at once."),
        )


def _sign_in_changed(user: CustomUser, subject: str, text: str) -> EmailMultiAlternatives:
    text = f"{text} {_('Every other device was signed out.')}"
    small = _("If it was not you, change your password at once.")
    return _email(user.mail_address, subject, user, text=text, small=small)


def _email(to: str, subject: str, user: CustomUser, **context: str) -> EmailMultiAlternatives:
    context |= {"username": user.username, "subject": subject}
    email = EmailMultiAlternatives(subject, render_to_string("users/mail/email.txt", context), to=[to])
    email.attach_alternative(render_to_string("users/mail/email.html", context), "text/html")
    return email
