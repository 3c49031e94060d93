from collections import defaultdict
from collections.abc import Iterable

from django.db import models

from products.version import catalogue_changed, is_visible

BATCH = 500  # rows of one statement


class CatalogueQuerySet(models.QuerySet):
    """Queryset whose bulk statements renew the catalogue's version themselves, as they send no signals."""

    def update(self, **values) -> int:
        number = super().update(**values)
        if number and is_visible(values):
            catalogue_changed()
        return number

    update.alters_data = True

    def page(self, start: int, stop: int) -> list:
        """These rows, in order."""
        return list(self[start:stop])

    def bulk_create(self, *args, **options) -> list:
        rows = super().bulk_create(*args, **options)
        if rows:
            catalogue_changed()
        return rows

    # `bulk_update` comes down to `update`.

    def update_together(self, changes: Iterable[tuple[models.Model, Iterable[str]]]) -> None:
        """Write of each row the fields that have changed: those with the same ones share their statements."""
        rows = defaultdict(list)
        for row, fields in changes:
            rows[frozenset(fields)].append(row)
        for fields, alike in rows.items():
            if fields:
                self.bulk_update(alike, sorted(fields), batch_size=BATCH)
