"""Query sets that are put into SQL once. Short statements take the database less time than Django needs to write them.

The query set stays the one place that says what is asked; only the work of translating it is kept.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler


def _placeholder(kind: type, number: int) -> int | date:
    """A value to compare with that no query set of ours has of its own, and every column could have."""
    if kind is datetime:
        return datetime(1, 2, 3, tzinfo=UTC) + timedelta(days=number)
    return date(1, 2, 3) + timedelta(days=number) if kind is date else 2**31 - 1 - number


class Statement(NamedTuple):
    sql: str
    params: list[tuple[str | None, object]]  # the name of a value, or what always stands there
    converters: dict[int, list[Callable]]  # Django's own, of the columns that need one: JSON comes as text
    model: type[Model] | None  # None for a query set of tuples
    names: list[str]  # of the model's fields, in the order of the columns
    annotations: list[str]  # behind them

    def row(self, values: tuple) -> Model | tuple:
        if self.converters:
            values = self._converted(values)
        if self.model is None:
            return values
        number = len(self.names)
        row = self.model.from_db(DEFAULT_DB_ALIAS, self.names, values[:number])
        row.__dict__.update(zip(self.annotations, values[number:], strict=True))
        return row

    def _converted(self, values: tuple) -> tuple:
        values = list(values)
        for place, converters in self.converters.items():
            for convert in converters:
                values[place] = convert(values[place])
        return tuple(values)


class Prepared:
    """`Prepared(build, user_id=int, now=datetime)`: call it as you would call `build`, with anything but None.

    A value of the kind `list` is ids for `__in`.
    """

    def __init__(self, build: Callable[..., QuerySet], **kinds: type):
        self.build, self.kinds = build, kinds
        self.placeholders = {_placeholder(kind, number): name for number, (name, kind) in enumerate(kinds.items())}
        self.statement: Statement | None = None

    def __call__(self, **values: int | date | list[int]) -> list:
        if connection.vendor != "postgresql":  # elsewhere what is read needs Django's conversions
            return list(self.build(**values))
        statement = self.statement or self._translate()
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [values[name] if name else param for name, param in statement.params])
            return [statement.row(row) for row in cursor.fetchall()]

    def _translate(self) -> Statement:
        given = {name: [value] if self.kinds[name] is list else value for value, name in self.placeholders.items()}
        queryset = self.build(**given)
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        named = [(self.placeholders.get(param), param) for param in params]
        if missing := set(self.placeholders.values()) - {name for name, _param in named}:
            raise TypeError(f"{missing} is not compared with as it is given")
        self.statement = Statement(
            self._with_lists(sql, named), named, _converters(compiler), *_shape(queryset, compiler)
        )
        return self.statement

    def _with_lists(self, sql: str, named: list[tuple[str | None, object]]) -> str:
        """`IN (%s)` of the one id that stood for many becomes `= ANY(%s)`, which takes them as one value."""
        parts = sql.split("%s")
        for place, (name, _param) in enumerate(named):
            if name and self.kinds[name] is list:
                if not parts[place].endswith("IN ("):
                    raise TypeError(f"{name} is not compared with by __in")
                parts[place] = parts[place].removesuffix("IN (") + "= ANY("
        return "%s".join(parts)


def _converters(compiler: SQLCompiler) -> dict[int, list[Callable]]:
    found = compiler.get_converters(expression for expression, _sql, _alias in compiler.select)
    return {
        place: [partial(convert, expression=expression, connection=connection) for convert in converters]
        for place, (converters, expression) in found.items()
    }


def _shape(queryset: QuerySet, compiler: SQLCompiler) -> tuple[type[Model] | None, list[str], list[str]]:
    if not issubclass(queryset._iterable_class, ModelIterable):
        return None, [], []
    if compiler.klass_info.get("related_klass_infos"):
        raise TypeError("Rows are of one model")
    fields = [compiler.select[column][0].target for column in compiler.klass_info["select_fields"]]
    return queryset.model, [field.attname for field in fields], list(compiler.annotation_col_map)
