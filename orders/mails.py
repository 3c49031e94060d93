"""Mails about orders, queued in the transaction that causes them, each in its reader's language."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from orders.boards import board_connected
from orders.models import Channel, Order
from orders.statuses import Status
from products.mails import by_language, managers_of, one_line
from products.models import Branch
from users import limits
from users.models import CustomUser

BATCH = 500
ANNOUNCEMENTS = limits.Limit("order-announcement", times=1, seconds=60)


def announcement_time() -> datetime | None:
    """Rate limit of the administrators' e-mails about new orders: None is at once; within a minute of one, the next
    waits for that minute and has all its orders in it.
    """
    return None if limits.is_first(ANNOUNCEMENTS) else timezone.now() + timedelta(seconds=ANNOUNCEMENTS.seconds)


def send_placed(order: Order) -> None:
    """To the customer; to administrators, too, unless it waits for the announcement."""
    _send([*_to_customer(order, "placed"), *(_to_administrators([order]) if order.announce_at is None else ())])


def send_moved(order: Order) -> None:
    """To the customer, when there is nothing to wait for any more. "Ready" waits for `send_due_ready`."""
    if order.status == Status.CANCELLED:
        _send(_to_customer(order, order.status))


def send_due_announcements() -> None:
    """Queue one e-mail to each administrator for the orders of a minute. Safe to run from several senders at once."""
    if not Order.objects.filter(announce_at__lte=timezone.now()).exists():
        return
    with transaction.atomic():
        waiting = Order.objects.filter(announce_at__isnull=False).select_related("branch").order_by("pk")
        orders = list(waiting.select_for_update(of=("self",), skip_locked=True)[:BATCH])
        Order.objects.filter(pk__in=[order.pk for order in orders]).update(announce_at=None)
        _send(_to_administrators(orders))


def _to_administrators(orders: Sequence[Order]) -> Iterator[EmailMessage]:
    if len(orders) == 0:
        return
    for language, addresses in by_language(CustomUser.objects.reachable().administrators()).items():
        if len(orders) == 1:
            yield from _emails(orders[0], "placed_admin", language, addresses)
            continue
        with override(language):
            subject = ngettext("%(orders)d new order", "%(orders)d new orders", len(orders)) % {"orders": len(orders)}
            body = render_to_string("orders/mail/announced.txt", {"orders": orders})
        yield from (EmailMessage(subject, body, to=[address]) for address in addresses)


def send_due_ready() -> None:
    """Queue the e-mails of orders that have stayed ready. Safe to run from several senders at once."""
    due = Order.objects.filter(ready_mail_at__lte=timezone.now()).order_by("ready_mail_at")
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        for order_id in ids:
            _send_ready(order_id)


@transaction.atomic
def _send_ready(order_id: int) -> None:
    order = Order.objects.filter(ready_mail_at__lte=timezone.now()).with_lines().locked().filter(pk=order_id).first()
    if order is None:  # went back, or was written by another sender, while we waited for the lock
        return
    Order.objects.filter(pk=order_id).update(ready_mail_at=None)
    _send(_to_customer(order, Status.READY))


def send_withdrawn(order: Order) -> None:
    """To the branch, when its customer cancelled and nobody looks at a board there."""
    if not board_connected(order.branch_id):
        send_to_branch(order.branch, "withdrawn", [order])


def send_yesterday(figures: dict) -> None:
    """To administrators, in five lines."""
    messages = []
    for language, addresses in by_language(CustomUser.objects.reachable().administrators()).items():
        with override(language):
            subject = _("Yesterday, %(day)s") % {"day": date_format(figures["day"])}
            body = render_to_string("orders/mail/yesterday.txt", figures)
        messages += [EmailMessage(subject, body, to=[address]) for address in addresses]
    _send(messages)


def send_to_branch(branch: Branch, occasion: str, orders: Sequence[Order]) -> None:
    """To the branch's managers; to the administrators where there are none."""
    messages = []
    for language, addresses in by_language(managers_of(branch)).items():
        with override(language):
            context = {
                "branch": branch.shown_name,
                "orders": orders,
                "numbers": ", ".join(order.number for order in orders),
            }
            subject = one_line(_branch_subject(branch, occasion, orders))
            body = render_to_string(f"orders/mail/{occasion}.txt", context)
        messages += [EmailMessage(subject, body, to=[address]) for address in addresses]
    _send(messages)


def _branch_subject(branch: Branch, occasion: str, orders: Sequence[Order]) -> str:
    names = {"number": orders[0].number, "orders": len(orders), "branch": branch.shown_name}
    match occasion:
        case "withdrawn":
            return _("The customer cancelled order %(number)s at %(branch)s") % names
        case "unseen":
            text = ngettext(
                "Nobody has seen order %(number)s at %(branch)s",
                "Nobody has seen %(orders)d orders at %(branch)s",
                len(orders),
            )
            return text % names
        case _:
            raise ValueError(occasion)


def _to_customer(order: Order, occasion: str) -> list[EmailMessage]:
    if order.channel == Channel.COUNTER:  # its user is who typed it in
        return []
    return _emails(order, occasion, order.user.language, [order.user.mail_address])


def _emails(order: Order, occasion: str, language: str, addresses: list[str]) -> list[EmailMessage]:
    """An e-mail of its own to each address, all of one text: others wait for the pick-up counter meanwhile."""
    addresses = [address for address in addresses if address]
    if not addresses:
        return []
    with override(language):
        body = render_to_string(f"orders/mail/{occasion}.txt", {"order": order, "reason": _reason(order)})
        subject = one_line(_subject(order, occasion))
    return [EmailMessage(subject, body, to=[address]) for address in addresses]


def _reason(order: Order) -> str:
    """Reason of the shop's cancellation, for the e-mail. What customers wrote is in no e-mail: it could be meant for
    somebody else's eyes.
    """
    if not order.cancel_reason or order.events.filter(status=Status.CANCELLED, by=order.user_id).exists():
        return ""
    return order.reason_text


def _subject(order: Order, occasion: str) -> str:
    number = {"number": order.number, "branch": order.branch.shown_name}
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


def _send(emails: Iterable[EmailMessage]) -> None:
    get_connection().send_messages(list(emails))
