import django_filters

from rest.filters import BooleanFilter, FilterSet
from support.models import Conversation


class ConversationFilter(FilterSet):
    status = django_filters.ChoiceFilter(choices=Conversation.Status.choices)
    unanswered = BooleanFilter(
        field_name="waiting_since", lookup_expr="isnull", exclude=True, help_text="Does the customer wait for staff?"
    )

    class Meta:
        model = Conversation
        fields = []
