"""Mails about orders, queued in the transaction that causes them, each in its reader's language."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

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
    readers = defaultdict(list)
    for language, address in administrators.values_list("language", "email"):
        readers[language].append(address)
    letters = [_letters(order, "placed_admin", language, addresses) for language, addresses in readers.items()]
    _send(chain(_to_customer(order, "placed"), *letters))


def send_moved(order: Order) -> None:
    """To the customer, when there is something to fetch or nothing to wait for any more."""
    if order.status in {Status.READY, Status.CANCELLED}:
        _send(_to_customer(order, order.status))


def _to_customer(order: Order, occasion: str) -> list[EmailMessage]:
    return _letters(order, occasion, order.user.language, [order.user.email] if order.user.email else [])


def _letters(order: Order, occasion: str, language: str, addresses: list[str]) -> list[EmailMessage]:
    """A letter of its own to each address, all of one text: others wait for the pick-up counter meanwhile."""
    if not addresses:
        return []
    with override(language):
        body = render_to_string(f"orders/mail/{occasion}.txt", {"order": order})
        subject = " ".join(_subject(order, occasion).split())  # a header is one line, whatever a branch is called
    return [EmailMessage(subject, body, to=[address]) for address in addresses]


def _subject(order: Order, occasion: str) -> str:
    number = {"number": order.number, "branch": order.branch.name}
    match occasion:
        case "placed":
            return _("Order %(number)s at %(branch)s") % number
        case "placed_admin":
            return _("New order %(number)s at %(branch)s") % number
        case Status.READY:
            return _("Order %(number)s is ready at %(branch)s") % number
        case Status.CANCELLED:
            return _("Order %(number)s at %(branch)s is cancelled") % number
        case _:
            raise ValueError(occasion)


def _send(letters: Iterable[EmailMessage]) -> None:
    get_connection().send_messages(list(letters))
