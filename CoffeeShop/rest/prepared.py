"""Query sets that are put into SQL once. Short statements take the database less time than Django needs to write them.

The query set stays the one place that says what is asked; only the work of translating it is kept.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Model, QuerySet


def _placeholder(kind: type, number: int) -> int | datetime:
    """A value to compare with that no query set of ours has of its own."""
    return -(2**62) + number if kind is int else datetime(1, 2, 3, tzinfo=UTC) + timedelta(days=number)


class Prepared:
    """`Prepared(build, user_id=int, now=datetime)`: call it as you would call `build`, with anything but None."""

    def __init__(self, build: Callable[..., QuerySet], **kinds: type):
        self.build = build
        self.placeholders = {_placeholder(kind, number): name for number, (name, kind) in enumerate(kinds.items())}
        self.statement: tuple[type[Model], str, tuple] | None = None

    def __call__(self, **values: int | datetime) -> Iterable[Model]:
        if connection.vendor != "postgresql":  # elsewhere raw rows need Django's conversions
            return self.build(**values)
        model, sql, params = self.statement or self._translate()
        return model.objects.raw(sql, [values[name] if name else param for name, param in params])

    def _translate(self) -> tuple[type[Model], str, tuple]:
        queryset = self.build(**{name: value for value, name in self.placeholders.items()})
        sql, params = queryset.query.sql_with_params()
        named = [(self.placeholders.get(param), param) for param in params]
        if missing := set(self.placeholders.values()) - {name for name, _param in named}:
            raise TypeError(f"{missing} is not compared with as it is given")
        self.statement = queryset.model, sql, named
        return self.statement
