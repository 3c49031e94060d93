"""The bar's board and the guests' screen: clients of the public API, and the words that their scripts need."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from orders.statuses import Status
from products.models import Branch

BOARD_TEXTS = {
    "title": _("Board"),
    "connecting": _("Connecting…"),
    "unreachable": _("The shop does not answer. Please try again."),
    "proof": {
        "fresh": _("Whole as of %s s ago"),
        "stale": _("Last heard %s s ago"),
        "untrusted": _("Nothing heard for %s s"),
    },
    "unsent": _("Not sent yet: %s"),
    "paused": _("No new orders until %s."),
    "notPaused": _("Orders come in."),
    "until": _("until %s"),
    "untilIsay": _("until you say"),
    "toGo": _("To go"),
    "here": _("Here"),
    "paid": _("Paid"),
    "notPaid": _("Not paid"),
    "notPaidAfterAll": _("Not paid after all"),
    "lateBy": _("+%s min"),
    "inHours": _("in %s h"),
    "begunBy": _("begun by %s"),
    "make": _("Made: %s"),
    "takeBack": _("Take back: %s"),
    "freeCup": _("Free cup"),
    "handedOver": _("%s is handed over."),
    "soldOut": _("sold out"),
    "stillHeld": _("Orders that still hold it: %s"),
    "does": {
        "pending": _("Tap to accept"),
        "accepted": _("Tap when all is made"),
        "preparing": _("Tap when all is made"),
    },
    "kinds": {"product": _("product"), "option": _("option"), "ingredient": _("ingredient")},
    "statuses": {status.value: status.label for status in Status},
    "reasons": {
        "not_accepted": _("Nobody accepted it in time."),
        "not_fetched": _("It was not fetched."),
    },
}


class BranchPage(TemplateView):
    """A page in the language of its branch, whatever the browser's is: a tablet of the house is set up by anybody."""

    def branch(self) -> Branch | None:
        return Branch.objects.active().filter(slug=self.kwargs.get("slug")).first()

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        branch = self.branch()
        with override(branch.language if branch else get_language()):
            response = super().get(request, *args, branch=branch, **kwargs).render()
            response["Content-Language"] = get_language()
        return response


class BoardPage(BranchPage):
    """Board of one branch, or of the one where the person who signs in works."""

    template_name = "orders/board.html"
    extra_context = {"texts": BOARD_TEXTS}


class ScreenPage(BranchPage):
    """Screen for guests in the shop: numbers only, and no sign-in."""

    template_name = "orders/screen.html"

    def branch(self) -> Branch:
        return get_object_or_404(Branch.objects.active(), slug=self.kwargs["slug"])
