import re
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import ValidationError as BadRequest
from rest_framework.pagination import Cursor, CursorPagination, PageNumberPagination

_NUMBER = re.compile(r"[0-9]{1,18}")


def query_number(request, name: str, *, default: int, largest: int) -> int:
    """A positive number from the query string, at most `largest`. Raises a 400 for anything but ASCII digits."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not _NUMBER.fullmatch(raw) or int(raw) == 0:
        raise BadRequest({name: [_("Enter a positive whole number.")]})
    return min(int(raw), largest)


class PageSizeMixin:
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request) -> int:
        return query_number(request, self.page_size_query_param, default=self.page_size, largest=self.max_page_size)


class NumberedPagination(PageSizeMixin, PageNumberPagination):
    def get_page_number(self, request, paginator) -> int:
        return query_number(request, self.page_query_param, default=1, largest=10**9)


class EndlessPagination(PageSizeMixin, CursorPagination):
    """For lists that only grow, ordered by a moment: no count, so the millionth row costs what the first does."""

    def decode_cursor(self, request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            moment = datetime.fromisoformat(cursor.position).astimezone(UTC)
        except (ValueError, OverflowError) as error:  # somebody made it up; ours are moments with an offset
            raise NotFound(self.invalid_cursor_message) from error
        return cursor._replace(position=str(moment))
