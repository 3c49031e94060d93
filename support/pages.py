"""The customer's chat page, and the words that the two pages' scripts need.

What the pages show comes over the API and the socket, so that they prove both to be enough.
"""

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

THREAD_TEXTS = {
    "sending": _("Sending…"),
    "delivered": _("Delivered"),
    "read": _("Read"),
    "typing": _("%s is typing…"),
    "tooLong": _("%s characters too many"),
    "left": _("%s characters left"),
    "states": {
        "connecting": _("Connecting…"),
        "ready": _("Connected"),
        "waiting": _("No connection. Trying again…"),
        "crowded": _("Paused: open in too many places."),
        "signed_out": _("Your session has ended."),
        "stopped": _("Not connected"),
    },
}

CONSOLE_TEXTS = {
    **THREAD_TEXTS,
    "title": _("Support console"),
    "unread": _("Unread: %s"),
    "waits": _("waits %s"),
    "answered": _("answered"),
    "empty": _("nothing written yet"),
    "assignedTo": _("Assigned to %s"),
    "assignedToMe": _("Assigned to you"),
    "unassigned": _("Nobody's yet"),
    "failed": _("That did not work: %s"),
}

CHAT_TEXTS = {
    **THREAD_TEXTS,
    "title": _("Support"),
    "unreachable": _("The shop does not answer. Please try again."),
    "closed": _("This conversation is closed. Write to open it again."),
    "staffOnly": _("Administrators answer in the support console."),
}


class ChatPage(TemplateView):
    """Signs in, talks and reconnects as any client may: its script is there to be copied from."""

    template_name = "support/chat.html"
    extra_context = {"texts": CHAT_TEXTS}
