"""The page on which deliveries and waste of a branch are booked, all products at once."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework.exceptions import ValidationError

from products.models import Branch, BranchProduct, StockMovement
from products.stock import change_stocks
from users.backoffice import WholeNumberField
from users.exceptions import IdempotencyKeyReused
from users.idempotency import claim_key

Reason = StockMovement.Reason
SIGNS = {Reason.DELIVERED: 1, Reason.WASTED: -1}
MOST = 1_000_000  # of one product at once, as in the API


class BranchForm(forms.Form):
    branch = forms.ModelChoiceField(
        Branch.objects.active(), label=gettext_lazy("Branch"), empty_label=None, to_field_name="slug"
    )


class BookingForm(forms.Form):
    """A number for every product that the branch counts; empty where nothing came or went."""

    reason = forms.ChoiceField(
        label=gettext_lazy("What happened"),
        choices=[
            (Reason.DELIVERED, gettext_lazy("Delivered: add")),
            (Reason.WASTED, gettext_lazy("Wasted: take away")),
        ],
        widget=forms.RadioSelect,
        initial=Reason.DELIVERED,
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, branch: Branch, **kwargs):
        super().__init__(*args, initial={"key": uuid4(), "reason": Reason.DELIVERED}, **kwargs)
        counted = BranchProduct.objects.filter(branch=branch, stock__isnull=False).select_related("product")
        self.rows = {row.pk: row for row in counted.order_by("product__category", "product__name")}
        for pk, row in self.rows.items():
            label = gettext_lazy("%s, pieces") % row.product.name
            widget = forms.NumberInput(attrs={"aria-label": label, "inputmode": "numeric", "step": 1})
            self.fields[f"row-{pk}"] = WholeNumberField(
                min_value=1, max_value=MOST, required=False, label=row.product.name, widget=widget
            )

    def counted(self) -> list[tuple]:
        """Each row with its input, for the table."""
        return [(row, self[f"row-{pk}"]) for pk, row in self.rows.items()]

    def clean(self) -> dict:
        super().clean()
        if not self.errors and not self.changes():
            raise forms.ValidationError(_("Nothing would change."))
        return self.cleaned_data

    def changes(self) -> dict[int, int]:
        sign = SIGNS[self.cleaned_data["reason"]]
        numbers = {pk: self.cleaned_data.get(f"row-{pk}") for pk in self.rows}
        return {pk: sign * number for pk, number in numbers.items() if number}


def book_stock(site: AdminSite, request: HttpRequest) -> HttpResponse:
    asked = BranchForm(request.GET)
    branch = asked.cleaned_data["branch"] if asked.is_valid() else _first_branch()
    form = BookingForm(request.POST or None, branch=branch)
    if form.is_valid() and _book(request, form):
        return HttpResponseRedirect(f"{reverse('admin:products_book_stock')}?branch={branch.slug}")
    chooser = BranchForm(initial={"branch": branch and branch.slug})
    context = {**site.each_context(request), "title": _("Deliveries and waste")}
    context |= {"form": form, "chooser": chooser, "branch": branch}
    return TemplateResponse(request, "products/admin/book_stock.html", context)


def _first_branch() -> Branch | None:
    return Branch.objects.default() or Branch.objects.active().first()


def _book(request: HttpRequest, form: BookingForm) -> bool:
    """Book the stock changes once, by the form's idempotency key: a second click finds it taken, and books nothing.

    Other numbers on a page that somebody went back to are refused in words.
    """
    changes, reason = form.changes(), Reason(form.cleaned_data["reason"])
    try:
        with transaction.atomic():
            body, key = {"reason": reason, "changes": changes}, str(form.cleaned_data["key"])
            if claim_key(user=request.user, operation="stock.book", key=key, body=body):
                change_stocks(changes=changes, reason=reason, by=request.user)
    except IdempotencyKeyReused:
        form.add_error(None, _("This page has been booked before, with other numbers. Load it again to book more."))
        return False
    except ValidationError as error:
        for pk, texts in error.detail.items():
            form.add_error(f"row-{pk}", [str(text) for text in texts])
        return False
    text = ngettext("Booked for %d product.", "Booked for %d products.", len(changes)) % len(changes)
    messages.success(request, text)
    return True
