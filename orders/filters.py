import django_filters

from CoffeeShop.rest.filters import IdFilter, MomentFilter
from orders.models import Order
from orders.statuses import Status


class StatusesFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """One status, or several with commas between."""


class OrderFilter(django_filters.FilterSet):
    status = StatusesFilter(choices=Status.choices, help_text="One or several: `pending,accepted`.")
    branch = django_filters.CharFilter(field_name="branch__slug", max_length=80)
    user = IdFilter(help_text="Administrators: whose orders.")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Order
        fields = []
