import django_filters

from orders.models import Order, OrderQuerySet
from orders.statuses import Status
from products.models import Branch
from rest.filters import FilterSet, IdFilter, MomentFilter


class StatusesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """One status, or several with commas between."""

    described = {"type": "array", "items": {"type": "string"}, "collectionFormat": "csv"}


class OrderFilter(FilterSet):
    status = StatusesFilter(choices=Status.choices, help_text="One or several: `pending,accepted`.")
    branch = django_filters.CharFilter(method="filter_branch", max_length=80, help_text="A slug.")
    user = IdFilter(help_text="Administrators: whose orders.")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", help_text="Placed then or later.")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="Placed before.")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed then or later.")

    class Meta:
        model = Order
        fields = []

    def filter_branch(self, orders: OrderQuerySet, name: str, slug: str) -> OrderQuerySet:
        """By the id, looked up first: joined, the database cannot tell a rare branch and reads a million orders."""
        return orders.filter(branch__in=list(Branch.objects.filter(slug=slug)))
