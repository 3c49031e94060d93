from django.db import models

from products.version import catalogue_changed, is_visible


class CatalogueQuerySet(models.QuerySet):
    """What is shown to customers: statements on many rows send no signals, so they tell of the change themselves."""

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
