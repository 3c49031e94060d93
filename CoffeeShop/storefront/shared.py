"""The page behind a shared link: how far one order is, for whoever fetches it. Readable without a script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views import View
from django.views.decorators.cache import cache_control
from rest_framework.exceptions import NotFound

from orders.sharing import shared_order
from orders.statuses import OPEN, UNFINISHED, Status

STEPS = [_("Sent"), _("Accepted"), pgettext_lazy("order", "Being made"), pgettext_lazy("order", "Ready")]
STATES = {
    Status.PENDING: _("Sent to the shop"),
    Status.ACCEPTED: _("Accepted"),
    Status.PREPARING: _("It is being made"),
    Status.READY: _("Ready. Come and get it!"),
    Status.COMPLETED: _("Handed over"),
    Status.CANCELLED: _("Cancelled"),
}


@method_decorator(cache_control(no_store=True), name="dispatch")
class SharedOrderPage(View):
    """Not for search engines, nor told to other sites: whoever has the address may see it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            order = shared_order(token)
        except NotFound:
            response = render(request, "storefront/shared_ended.html", status=404)
        else:
            response = render(request, "storefront/shared.html", shown(order))
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "no-referrer"
        return response


def shown(order) -> dict:
    at = OPEN.index(order.status) if order.status in OPEN else len(OPEN) - 1
    states = ["done" if place < at else "now" if place == at else "next" for place in range(len(OPEN))]
    return {
        "order": order,
        "branch": order.branch,
        "status": STATES[order.status],
        "steps": [] if order.status == Status.CANCELLED else zip(STEPS, states, strict=True),
        "moment": order.fetch_at if order.status in UNFINISHED else None,
        "is_open": order.status in OPEN,
        "now": timezone.now(),
    }
