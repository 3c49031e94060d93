"""Query sets that are put into SQL once. Short statements take the database less time than Django needs to write them.

The query set stays the one place that says what is asked; only the work of translating it is kept.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet


def _placeholder(kind: type, number: int) -> int | datetime:
    """A value to compare with that no query set of ours has of its own, and every column could have."""
    return 2**31 - 1 - number if kind is int else datetime(1, 2, 3, tzinfo=UTC) + timedelta(days=number)


class Statement(NamedTuple):
    model: type[Model]
    sql: str
    params: list[tuple[str | None, object]]  # the name of a value, or what always stands there
    names: list[str]  # of the model's fields, in the order of the columns
    annotations: list[str]  # behind them

    def row(self, values: tuple) -> Model:
        number = len(self.names)
        row = self.model.from_db(DEFAULT_DB_ALIAS, self.names, values[:number])
        row.__dict__.update(zip(self.annotations, values[number:], strict=True))
        return row


class Prepared:
    """`Prepared(build, user_id=int, now=datetime)`: call it as you would call `build`, with anything but None."""

    def __init__(self, build: Callable[..., QuerySet], **kinds: type):
        self.build = build
        self.placeholders = {_placeholder(kind, number): name for number, (name, kind) in enumerate(kinds.items())}
        self.statement: Statement | None = None

    def __call__(self, **values: int | datetime) -> list[Model]:
        if connection.vendor != "postgresql":  # elsewhere what is read needs Django's conversions
            return list(self.build(**values))
        statement = self.statement or self._translate()
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [values[name] if name else param for name, param in statement.params])
            return [statement.row(row) for row in cursor.fetchall()]

    def _translate(self) -> Statement:
        queryset = self.build(**{name: value for value, name in self.placeholders.items()})
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        named = [(self.placeholders.get(param), param) for param in params]
        if missing := set(self.placeholders.values()) - {name for name, _param in named}:
            raise TypeError(f"{missing} is not compared with as it is given")
        fields = [compiler.select[column][0].target for column in compiler.klass_info["select_fields"]]
        if compiler.klass_info.get("related_klass_infos") or any(hasattr(field, "from_db_value") for field in fields):
            raise TypeError("Rows are taken as the database gives them, and of one model")
        names = [field.attname for field in fields]
        self.statement = Statement(queryset.model, sql, named, names, list(compiler.annotation_col_map))
        return self.statement
