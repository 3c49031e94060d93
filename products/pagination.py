from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound

from products.generations import facts_of
from rest.pagination import NumberedPagination

DEEPEST = 100_000  # rows: a database walks past all of them


class CataloguePagination(NumberedPagination):
    """Counts only where a page does not show by itself how many rows there are, and once for all pages of a list."""

    unrelated = {"page", "page_size", "ordering"}  # to what is counted

    def paginate_queryset(self, queryset: QuerySet, request, view=None) -> list:
        self.request = request
        size, number = self.get_page_size(request), self.get_page_number(request, None)
        start = (number - 1) * size
        rows = queryset.page(start, start + size + 1) if start < DEEPEST else []
        if not rows and number > 1:
            raise NotFound(self.invalid_page_message.format(page_number=number, message="-"))
        paginator = Paginator(queryset, size)
        is_last = len(rows) <= size
        paginator.count = start + len(rows) if is_last else facts_of(request).remember(self._list(), queryset.count)
        self.page = Page(rows[:size], number, paginator)
        return self.page.object_list

    def _list(self) -> tuple:
        asked = self.request.query_params
        return "count", self.request.path, *sorted((name, asked[name]) for name in asked.keys() - self.unrelated)
