"""The action and the page by which many prices change at once."""

from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from products.admin.money import AmountField
from products.exceptions import CatalogueMoved
from products.pricing import Rise, change_prices, digest_of, new_prices
from rest.fields import id_from

MOST_PRODUCTS = 10_000


class SignedAmountField(AmountField):
    def to_python(self, value):
        return super().to_python(value.strip().removeprefix("+").replace(",", ".") if isinstance(value, str) else value)


class PricesForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("by"),
        choices=[("amount", gettext_lazy("an amount")), ("percent", gettext_lazy("per cent"))],
        widget=forms.RadioSelect,
        initial="amount",
    )
    value = SignedAmountField(
        label=gettext_lazy("how much"),
        max_digits=10,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("0.20 raises, -0.20 lowers. Every price is rounded to the cent."),
    )
    with_branches = forms.BooleanField(
        label=gettext_lazy("also where a branch has a price of its own"), required=False, initial=True
    )

    def clean_value(self) -> Decimal:
        value = self.cleaned_data["value"]
        if value == 0:
            raise ValidationError(_("Then nothing would change."))
        return value

    @property
    def rise(self) -> Rise:
        asked = self.cleaned_data
        return Rise(asked["value"], asked["kind"] == "percent", asked["with_branches"])


class PricesMixin:
    """Action that changes prices: it leads to the form, the form to a preview, and that is confirmed."""

    def get_urls(self) -> list:
        view = self.admin_site.admin_view(require_POST(self.prices))
        return [path("prices/", view, name="products_product_prices"), *super().get_urls()]

    @admin.action(description=gettext_lazy("Change prices…"))
    def change_prices(self, request: HttpRequest, products: QuerySet) -> HttpResponse | None:
        ids = list(products.order_by("pk").values_list("pk", flat=True)[: MOST_PRODUCTS + 1])
        if len(ids) > MOST_PRODUCTS:
            self.message_user(request, _("Choose at most %d products.") % MOST_PRODUCTS, messages.WARNING)
            return None
        return self._prices_page(request, PricesForm(), ids)

    def prices(self, request: HttpRequest) -> HttpResponse:
        ids, form = _ids(request.POST.get("ids", "")), PricesForm(request.POST)
        if not form.is_valid():
            return self._prices_page(request, form, ids)
        if "digest" in request.POST and "again" not in request.POST:
            return self._change(request, form, ids)
        return self._prices_page(request, form, ids, prices=new_prices(ids, form.rise))

    def _change(self, request: HttpRequest, form: PricesForm, ids: list[int]) -> HttpResponse:
        try:
            done = change_prices(ids=ids, rise=form.rise, digest=request.POST["digest"])
        except CatalogueMoved as error:
            self.message_user(request, str(error.detail), messages.WARNING)
            return self._prices_page(request, form, ids, prices=new_prices(ids, form.rise))
        changed = [one.row for one in done if one.old != one.new]
        if changed:
            LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, [{"changed": {"fields": ["price"]}}])
        text = ngettext("%d price was changed.", "%d prices were changed.", len(changed)) % len(changed)
        self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:products_product_changelist")

    def _prices_page(self, request: HttpRequest, form: PricesForm, ids: list[int], *, prices=None) -> HttpResponse:
        shown = {
            "form": form,
            "ids": ",".join(map(str, ids)),
            "number": len(ids),
            "prices": prices,
            "digest": digest_of(prices or []),
            "is_sound": all(one.is_sound for one in prices or []),
        }
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Change prices"), **shown}
        return TemplateResponse(request, "products/admin/prices.html", context)


def _ids(text: str) -> list[int]:
    ids = [id_from(one) for one in text.split(",", MOST_PRODUCTS + 1)]
    if None in ids or len(ids) > MOST_PRODUCTS:
        raise BadRequest("Nothing has such an id.")
    return ids
