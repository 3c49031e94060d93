"""The owner's pages of the back office: figures as charts, and on the first page what waits and what today brought."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from CoffeeShop.models import QueuedMail
from orders.models import Order
from orders.reports.queries import Period, sales, service, today_at, totals
from orders.statuses import Status
from products.models import Branch, BranchProduct
from support.models import Conversation

WEEK = timedelta(days=7)
HEIGHT, WIDTH = 160, 720  # of a chart's bars, in its own units


class ReportForm(forms.Form):
    branch = forms.ModelChoiceField(
        Branch.objects.all(), required=False, label=gettext_lazy("branch"), empty_label=gettext_lazy("All branches")
    )
    day = forms.DateField(
        required=False,
        label=gettext_lazy("day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def clean_day(self) -> date | None:
        day = self.cleaned_data["day"]
        if day and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("Enter a day such as 2026-11-23."))
        return day


@dataclass
class Bar:
    label: str
    title: str
    value: Decimal
    before: Decimal | None = None
    x: float = 0
    width: float = 0
    height: float = 0
    before_height: float = 0

    @property
    def y(self) -> float:
        return HEIGHT - self.height

    @property
    def before_y(self) -> float:
        return HEIGHT - self.before_height

    @property
    def half(self) -> float:
        return self.width / 2

    @property
    def middle(self) -> float:
        return self.x + self.half


def drawn(bars: list[Bar]) -> list[Bar]:
    """Each with its place in the chart, as high as the highest one allows."""
    highest = max([value for bar in bars for value in (bar.value, bar.before or 0)], default=0) or 1
    step = WIDTH / max(len(bars), 1)
    for number, bar in enumerate(bars):
        bar.x, bar.width = round(number * step + step * 0.1, 1), round(step * 0.8, 1)
        bar.height = round(float(bar.value / highest) * HEIGHT, 1)
        bar.before_height = round(float((bar.before or 0) / highest) * HEIGHT, 1)
    return bars


def reports_page(request: HttpRequest, context: dict) -> HttpResponse:
    form = ReportForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    branch = asked.get("branch")
    day = asked.get("day") or today_at(branch)
    branch_ids = (branch.pk,) if branch else tuple(Branch.objects.values_list("pk", flat=True))
    this, before = (Period(one, one, branch_ids) for one in (day, day - WEEK))
    month = Period(day - timedelta(days=29), day, branch_ids)
    figures = {
        "columns": _columns(totals(this), totals(before)),
        "hours": drawn(_hours(this, before)),
        "days": drawn(_days(month)),
        "products": sales(month, "product")[:10],
        "branches": sales(month, "branch"),
        "service": service(month),
    }
    shown = {"title": _("Reports"), "form": form, "day": day, "before": before.first, "currency": settings.CURRENCY}
    return TemplateResponse(request, "admin/reports.html", {**context, **shown, **figures})


def _columns(this: dict, before: dict) -> list[dict]:
    names = {
        "orders": _("Completed orders"),
        "cups": _("Cups"),
        "gross": _("Before discounts"),
        "discounts": _("Discounts"),
        "net": _("Net"),
        "average": _("Net of an order"),
    }
    return [{"name": text, "this": this[name], "before": before[name]} for name, text in names.items()]


def _hours(this: Period, before: Period) -> list[Bar]:
    found = [{row["key"]: row["net"] for row in sales(period, "hour")} for period in (this, before)]
    nothing = Decimal("0.00")
    return [
        Bar(f"{hour:02d}", f"{hour:02d}:00", found[0].get(f"{hour:02d}", nothing), found[1].get(f"{hour:02d}", nothing))
        for hour in range(24)
    ]


def _days(period: Period) -> list[Bar]:
    found = {row["key"]: row["net"] for row in sales(period, "day")}
    days = [period.first + timedelta(days=number) for number in range((period.last - period.first).days + 1)]
    return [Bar(f"{one.day}", date_format(one), found.get(one.isoformat(), Decimal("0.00"))) for one in days]


def waiting() -> list[dict]:
    """Count the rows that wait for somebody, each with a link to its list."""
    low = BranchProduct.objects.low()
    pending = Order.objects.filter(status=Status.PENDING)
    stuck = QueuedMail.objects.stuck(timezone.now())
    unanswered = Conversation.objects.filter(waiting_since__isnull=False)
    rows = (
        (_("Orders not accepted"), pending, "orders_order", "?status__exact=pending"),
        (_("Conversations unanswered"), unanswered, "support_conversation", ""),
        (_("Low stock"), low, "products_branchproduct", "?low=yes"),
        (_("E-mails that failed"), stuck, "CoffeeShop_queuedmail", "?stuck=yes"),
    )
    return [
        {"name": name, "number": found.count(), "address": reverse(f"admin:{page}_changelist") + query}
        for name, found, page, query in rows
    ]


def today() -> dict:
    """Totals of today so far, beside the whole of the same day a week ago."""
    branch_ids, day = tuple(Branch.objects.values_list("pk", flat=True)), today_at(None)
    this, before = (totals(Period(one, one, branch_ids)) for one in (day, day - WEEK))
    yesterday = (day - timedelta(days=1)).isoformat()
    return {"this": this, "before": before, "currency": settings.CURRENCY, "yesterday": yesterday}
