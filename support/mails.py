"""E-mails about the chat, queued in the transaction that causes them, each in its reader's language."""

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from support.models import Conversation, Message
from users.models import CustomUser
from users.names import staff_name

SHOWN = 20  # answers in one e-mail; the chat has the rest


def send_conversation(message: Message) -> None:
    """Tell every administrator that a customer has started a conversation, without a word of theirs."""
    context = {"link": f"{settings.SITE_URL}/admin/support/conversation/"}
    emails = []
    for reader in CustomUser.objects.reachable().administrators():
        with override(reader.language):
            emails.append(_email(_("A question in the support chat"), "conversation", context, reader))
    get_connection().send_messages(emails)


def send_answers(conversation: Conversation, answers: list[Message]) -> None:
    """Tell the customer what staff wrote while they were away."""
    customer = conversation.customer
    if not customer.mail_address or not customer.is_active:
        return
    shown = [{"author": staff_name(answer.author), "text": answer.text} for answer in answers[-SHOWN:]]
    link = f"{settings.SITE_URL}/support/"
    context = {"username": customer.username, "number": len(answers), "answers": shown, "link": link}
    with override(customer.language):
        _email(_("An answer from our support"), "answers", context, customer).send()


def _email(subject: str, template: str, context: dict, reader: CustomUser) -> EmailMessage:
    body = render_to_string(f"support/mail/{template}.txt", context)
    return EmailMessage(" ".join(subject.split()), body, to=[reader.mail_address])  # a header is one line
