from datetime import date

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from orders.exceptions import StatusNotAllowed
from orders.filters import NumberField
from orders.models import Order, OrderEvent, OrderItem, PickupCounter, refuse_own_reason
from orders.services import change_order
from orders.statuses import Status
from products.admin.moments import at_branch
from products.models import Branch
from users.backoffice import ReadOnlyAdmin, ReadOnlyInline

SHOWN_MOMENTS = (
    *("created_at", "pickup_at", "first_promised_at", "promised_at"),
    *("seen_at", "paid_at", "missing_at", "updated_at"),
)
MOST_CANCELLED = 500  # at once: a form has no more than a thousand fields
# As the clock of its branch says, which is what the customer was told.
MOMENTS = {field.name: at_branch(field.name, field.verbose_name) for field in map(Order._meta.get_field, SHOWN_MOMENTS)}
AT = at_branch("at", _("when"), path="order__branch")


class CancelForm(forms.Form):
    """Form for the reason of a cancellation, in words that the customer reads."""

    cancel_reason = forms.CharField(
        label=_("The customer reads why"),
        max_length=500,
        validators=[refuse_own_reason],
        widget=forms.TextInput(attrs={"list": "cancel-reasons", "autofocus": True, "size": 60, "autocomplete": "off"}),
    )


class OrderItemInline(ReadOnlyInline):
    model = OrderItem
    fields = readonly_fields = ["product_name", "chosen", "unit_price", "quantity", "made", "subtotal"]

    @admin.display(description=_("options"))
    def chosen(self, item: OrderItem) -> str:
        return ", ".join(f"{option['name']} ({option['price_delta']})" for option in item.options)

    @admin.display(description=_("subtotal"))
    def subtotal(self, item: OrderItem) -> str:
        return f"{item.subtotal:.2f}"


class OrderEventInline(ReadOnlyInline):
    model = OrderEvent
    fields = readonly_fields = ["status", AT, "by"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders are moved by actions only, along the same table and by the same service as in the API."""

    list_display = [
        "number",
        "branch",
        "status",
        "channel",
        "user",
        "total_price",
        MOMENTS["pickup_at"],
        MOMENTS["created_at"],
    ]
    list_filter = ["status", "branch", "channel", "created_at"]
    list_select_related = ["branch", "user"]
    search_fields = ["user__username", "user__email"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [OrderItemInline, OrderEventInline]
    exclude = list(MOMENTS)
    readonly_fields = list(MOMENTS.values())
    actions = ["accept", "prepare", "make_ready", "complete", "cancel"]

    @admin.action(description=_("Accept"))
    def accept(self, request: HttpRequest, orders: QuerySet) -> None:
        self._move(request, orders, Status.ACCEPTED)

    @admin.action(description=_("Begin to prepare"))
    def prepare(self, request: HttpRequest, orders: QuerySet) -> None:
        self._move(request, orders, Status.PREPARING)

    @admin.action(description=_("Ready to be fetched"))
    def make_ready(self, request: HttpRequest, orders: QuerySet) -> None:
        self._move(request, orders, Status.READY)

    @admin.action(description=_("Complete: it was fetched and paid"))
    def complete(self, request: HttpRequest, orders: QuerySet) -> None:
        self._move(request, orders, Status.COMPLETED)

    @admin.action(description=_("Cancel, and give the stock back"))
    def cancel(self, request: HttpRequest, orders: QuerySet) -> TemplateResponse | None:
        """Asks for the reason first."""
        form = CancelForm(request.POST if "cancel_reason" in request.POST else None)
        if form.is_valid():
            self._move(request, orders, Status.CANCELLED, cancel_reason=form.cleaned_data["cancel_reason"])
            return None
        orders = orders[:MOST_CANCELLED]  # what is shown is what is cancelled, also of a choice beyond the page
        shown = {"title": _("Cancel orders"), "opts": self.opts, "form": form, "orders": orders}
        chosen = {"chosen": [order.pk for order in orders], "checkbox": ACTION_CHECKBOX_NAME}
        context = {**self.admin_site.each_context(request), **shown, **chosen}
        return TemplateResponse(request, "orders/admin/cancel.html", context)

    def find(self, request: HttpRequest, rows: QuerySet, words: str) -> tuple[QuerySet, bool]:
        """Numbers with their zeros or without, and days as they are written in the reader's language."""
        others = []
        for word in words.split():
            if condition := _number(word) or _day(word):
                rows = rows.filter(condition)
            else:
                others.append(word)
        return super().find(request, rows, " ".join(others))

    def _move(self, request: HttpRequest, orders: QuerySet, to: Status, **values: str) -> None:
        """Each in its own transaction: one that cannot be moved does not hold up the others."""
        moved = 0
        for order in orders:
            try:
                change_order(order_id=order.pk, status=to, by=request.user, **values)
                moved += order.status != to
            except Order.DoesNotExist:  # deleted in this very moment
                continue
            except StatusNotAllowed as error:
                status = Status(error.extra["status"]).label
                self.message_user(request, f"{order} ({status}): {error.detail}", messages.ERROR)
        done = ngettext("Moved %(number)d order to “%(status)s”.", "Moved %(number)d orders to “%(status)s”.", moved)
        done %= {"number": moved, "status": to.label}
        self.message_user(request, done, messages.SUCCESS if moved else messages.WARNING)


def _number(word: str) -> Q | None:
    try:
        number = NumberField().clean(word)
    except ValidationError:
        return None
    return Q(number=number) | Q(user__username=word)


def _day(word: str) -> Q | None:
    """Filter by day, and by branch, which is how days are indexed."""
    try:
        day: date = forms.DateField(localize=True).clean(word)
    except ValidationError:
        return None
    return Q(business_day=day, branch__in=list(Branch.objects.values_list("pk", flat=True)))


@admin.register(OrderItem)
class OrderItemAdmin(ReadOnlyAdmin):
    list_display = ["order", "product_name", "quantity", "unit_price"]
    list_select_related = ["order"]
    search_fields = ["product_name"]


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    list_display = ["order", "status", AT, "by"]
    list_filter = ["status"]
    list_select_related = ["order__branch", "by"]
    exclude = ["at"]
    readonly_fields = [AT]


@admin.register(PickupCounter)
class PickupCounterAdmin(ReadOnlyAdmin):
    list_display = ["branch", "business_day", "last_number"]
    list_select_related = ["branch"]
