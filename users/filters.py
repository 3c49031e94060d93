import django_filters

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
        return users.matching(words)
