import django_filters
from django.db.models import Q

from rest.filters import BooleanFilter, FilterSet, SearchFilter
from users.models import CustomUser, CustomUserQuerySet, Role


class UserFilter(FilterSet):
    search = SearchFilter(method="filter_search", help_text="Part of the username, the address or the name.")
    role = django_filters.ChoiceFilter(choices=Role.choices)
    is_verified = BooleanFilter()
    is_active = BooleanFilter()
    is_guest = BooleanFilter()

    class Meta:
        model = CustomUser
        fields = []

    def filter_search(self, users: CustomUserQuerySet, name: str, words: list[str]) -> CustomUserQuerySet:
        for word in words:
            fields = ("username", "email", "first_name", "last_name")
            anywhere = Q()
            for field in fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            users = users.filter(anywhere)
        return users
