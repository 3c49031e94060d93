"""Mails about orders, queued in the transaction that causes them, each in its reader's language."""

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from orders.models import Order
from users.models import CustomUser

Status = Order.Status


def send_placed(order: Order) -> None:
    """To the customer, and to every administrator."""
    administrators = CustomUser.objects.active().administrators().exclude(email="")
    mails = [_mail(order, administrator, "placed_admin") for administrator in administrators]
    _send([_mail(order, order.user, "placed"), *mails])


def send_moved(order: Order) -> None:
    """To the customer, when there is something to fetch or nothing to wait for any more."""
    if order.status in {Status.READY, Status.CANCELLED}:
        _send([_mail(order, order.user, order.status)])


def _subject(order: Order, occasion: str) -> str:
    number = {"number": order.number, "branch": order.branch.name}
    match occasion:
        case "placed":
            return _("Order %(number)s at %(branch)s") % number
        case "placed_admin":
            return _("New order %(number)s at %(branch)s") % number
        case Status.READY:
            return _("Order %(number)s is ready at %(branch)s") % number
        case _cancelled:
            return _("Order %(number)s at %(branch)s is cancelled") % number


def _mail(order: Order, reader: CustomUser, occasion: str) -> EmailMessage:
    with override(reader.language):
        body = render_to_string(f"orders/mail/{occasion}.txt", {"order": order, "reader": reader})
        subject = " ".join(_subject(order, occasion).split())  # a header is one line, whatever a branch is called
        return EmailMessage(subject, body, to=[reader.email] if reader.email else [])


def _send(mails: list[EmailMessage]) -> None:
    get_connection().send_messages([mail for mail in mails if mail.to])
