import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import BaseCSVWidget

from orders.models import Order, OrderQuerySet
from orders.statuses import OPEN, Status
from products.models import Branch
from rest.filters import BooleanFilter, DateFilter, FilterSet, IdFilter, MomentFilter


class RepeatedCSVWidget(BaseCSVWidget):
    """Commas and repetition mean the same: `?status=pending,ready` and `?status=pending&status=ready`."""

    def value_from_datadict(self, data, files, name) -> list[str] | None:
        values = data.getlist(name) if hasattr(data, "getlist") else [data[name]] if name in data else []
        return super().value_from_datadict({name: ",".join(values)} if values else {}, files, name)


class StatusesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """One status, or several with commas between."""

    described = {"type": "array", "items": {"type": "string"}, "collectionFormat": "csv"}
    is_repeatable = True

    def __init__(self, **kwargs):
        super().__init__(widget=RepeatedCSVWidget, **kwargs)


class NumberField(forms.RegexField):
    """A number as it is called out: with its zeros or without them."""

    def __init__(self, **kwargs):
        super().__init__(r"^[0-9]{1,9}\Z", error_messages={"invalid": _("Enter a number such as 042.")}, **kwargs)

    def clean(self, value) -> str:
        number = super().clean(value)
        return number and f"{int(number):03d}"


class NumberFilter(django_filters.Filter):
    field_class = NumberField
    described = {"type": "string", "pattern": "^[0-9]{1,9}$"}


class OrderFilter(FilterSet):
    status = StatusesFilter(choices=Status.choices, help_text="One or several: `pending,accepted`.")
    branch = django_filters.CharFilter(method="filter_branch", max_length=80, help_text="A slug.")
    user = IdFilter(help_text="Staff: whose orders.")
    number = NumberFilter(help_text="As it is called out, with its zeros or without.")
    business_day = DateFilter(help_text="The branch's day on which it is fetched: `2026-11-23`.")
    open = BooleanFilter(method="filter_open", help_text="From `pending` to `ready`, or those that have ended.")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", help_text="Placed then or later.")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="Placed before.")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed then or later.")

    class Meta:
        model = Order
        fields = []

    def filter_branch(self, orders: OrderQuerySet, name: str, slug: str) -> OrderQuerySet:
        """Filter by the id, looked up first: in a join the database knows no rare branch and reads a million orders."""
        return orders.filter(branch__in=list(Branch.objects.filter(slug=slug)))

    def filter_open(self, orders: OrderQuerySet, name: str, is_open: bool) -> OrderQuerySet:
        return orders.filter(status__in=OPEN) if is_open else orders.exclude(status__in=OPEN)
