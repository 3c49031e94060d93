"""E-mails to those who run a branch, queued in the transaction that causes them, each in its reader's language."""

from collections import defaultdict
from collections.abc import Sequence

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from products.models import Branch, BranchProduct, Position
from users.models import CustomUser, CustomUserQuerySet


def managers_of(branch: Branch) -> CustomUserQuerySet:
    """Recipients of mail about the branch: its managers, or the administrators where it has none."""
    reachable = CustomUser.objects.reachable()
    managers = reachable.filter(positions__branch=branch, positions__position=Position.MANAGER)
    return managers if managers.exists() else reachable.administrators()


def by_language(readers: CustomUserQuerySet) -> dict[str, list[str]]:
    """Addresses, by the language that their owners read."""
    addresses = defaultdict(list)
    for reader in readers:
        addresses[reader.language].append(reader.mail_address)
    return addresses


def one_line(subject: str) -> str:
    """A header is one line, whatever a branch is called."""
    return " ".join(subject.split())


def send_low_stock(rows: Sequence[BranchProduct]) -> None:
    """About products of one branch that have just become low, all in one e-mail to each of its managers."""
    found = BranchProduct.objects.filter(pk__in=[row.pk for row in rows]).select_related("branch", "product")
    low = list(found.order_by("product__name"))
    messages = []
    for language, addresses in by_language(managers_of(low[0].branch)).items():
        with override(language):
            subject = one_line(_low_stock_subject(low))
            body = render_to_string("products/mail/low_stock.txt", {"rows": low, "branch": low[0].branch.shown_name})
        messages += [EmailMessage(subject, body, to=[address]) for address in addresses]
    get_connection().send_messages(messages)


def _low_stock_subject(rows: Sequence[BranchProduct]) -> str:
    names = {"product": rows[0].product.shown_name, "number": len(rows), "branch": rows[0].branch.shown_name}
    if len(rows) == 1:
        return _("Few left at %(branch)s: %(product)s") % names
    text = ngettext(
        "Few left at %(branch)s: %(number)d product", "Few left at %(branch)s: %(number)d products", len(rows)
    )
    return text % names
