import re
from datetime import UTC, datetime

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound
from rest_framework.exceptions import ValidationError as BadRequest
from rest_framework.pagination import Cursor, CursorPagination, PageNumberPagination

_NUMBER = re.compile(r"[0-9]{1,18}")


def refuse_repetition(query: QueryDict, name: str) -> None:
    """Raises a 400 for a parameter that is sent more than once and has room for one value."""
    if len(getattr(query, "getlist", lambda name: ())(name)) > 1:
        raise BadRequest({name: [_("Send this once.")]})


def query_number(request, name: str, *, default: int, largest: int) -> int:
    """A positive number from the query string, at most `largest`. Raises a 400 for anything but ASCII digits."""
    refuse_repetition(request.query_params, name)
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
    """Keyset pagination for lists that only grow, ordered by a moment and then by the primary key: no count, so the
    millionth row costs what the first does. DRF's own cursor counts among equal moments, up to a thousand of them.
    """

    def paginate_queryset(self, queryset: QuerySet, request, view=None) -> list:
        self.request, self.base_url = request, request.build_absolute_uri()
        self.ordering, self.cursor = self.get_ordering(request, queryset, view), self.decode_cursor(request)
        is_back, size = bool(self.cursor and self.cursor.reverse), self.get_page_size(request)
        rows = queryset.order_by(*(_reversed(self.ordering) if is_back else self.ordering))
        found = list(self._beyond(rows)[: size + 1])
        self.page = found[:size][::-1] if is_back else found[:size]
        is_more = len(found) > size
        self.has_next, self.has_previous = (True, is_more) if is_back else (is_more, self.cursor is not None)
        return self.page

    def get_next_link(self) -> str | None:
        return self._link(self.page[-1:], reverse=False) if self.has_next else None

    def get_previous_link(self) -> str | None:
        return self._link(self.page[:1], reverse=True) if self.has_previous else None

    def decode_cursor(self, request) -> Cursor | None:
        """Decode the cursor's position to a moment and a key. Raises a 404 for a cursor that somebody made up."""
        refuse_repetition(request.query_params, self.cursor_query_param)
        cursor = super().decode_cursor(request)
        if cursor is None:
            return None
        text, _separator, key = (cursor.position or "").rpartition("|")
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise NotFound(self.invalid_cursor_message) from error
        if not _NUMBER.fullmatch(key):
            raise NotFound(self.invalid_cursor_message)
        return cursor._replace(position=(moment, int(key)))

    def _beyond(self, rows: QuerySet) -> QuerySet:
        """Filter the rows after the cursor. The first condition is the index's, the second sorts out equal moments."""
        if self.cursor is None:
            return rows
        field, (moment, key) = self.ordering[0].lstrip("-"), self.cursor.position
        is_descending = self.ordering[0].startswith("-") != bool(self.cursor.reverse)
        beyond = "lt" if is_descending else "gt"
        is_past = Q(**{f"{field}__{beyond}": moment}) | Q(**{f"pk__{beyond}": key})
        return rows.filter(**{f"{field}__{beyond}e": moment}).filter(is_past)

    def _link(self, rows: list[Model], *, reverse: bool) -> str:
        """Beyond this row; from an empty page, back to where it was looked for."""
        field = self.ordering[0].lstrip("-")
        moment, key = (getattr(rows[0], field), rows[0].pk) if rows else self.cursor.position
        return self.encode_cursor(Cursor(offset=0, reverse=reverse, position=f"{moment.isoformat()}|{key}"))


def _reversed(ordering: tuple[str, ...]) -> list[str]:
    return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in ordering]
