from django.db import models
from slugify import slugify


class NameSlugField(models.SlugField):
    """A unique slug; left empty, it is made from the row's `name`, Latin or Cyrillic, on every way of writing."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 80, "unique": True, "blank": True, **kwargs})

    def pre_save(self, model_instance, add):
        if not getattr(model_instance, self.attname):
            setattr(model_instance, self.attname, self._free_slug(model_instance))
        return super().pre_save(model_instance, add)

    def _free_slug(self, row: models.Model) -> str:
        base = slugify(row.name, max_length=self.max_length - 10) or type(row).__name__.lower()
        taken = set(
            type(row)._base_manager.filter(**{f"{self.attname}__startswith": base}).values_list(self.attname, flat=True)
        )
        candidates = (f"{base}-{number}" for number in range(2, len(taken) + 3))
        return base if base not in taken else next(slug for slug in candidates if slug not in taken)
