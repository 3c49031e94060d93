"""The routes of the server itself, for tests that must miss none: a new one is in them by itself."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLResolver, get_resolver


class Route(NamedTuple):
    path: str
    view: Callable

    @property
    def methods(self) -> set[str]:
        """What a ViewSet answers; other views tell nobody, and are told of in the tests' own tables."""
        return {method.upper() for method in getattr(self.view, "actions", {})} - {"HEAD"}


def all_routes() -> list[Route]:
    return list(_routes(get_resolver().url_patterns))


def _routes(patterns: list, prefix: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
        else:
            yield Route(simplify_regex(path), pattern.callback)
