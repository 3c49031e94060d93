from itertools import chain

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
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
        candidates = chain([base], (f"{base}-{number}" for number in range(2, len(taken) + 3)))
        return next(slug for slug in candidates if slug not in taken and self._is_valid(slug))

    def _is_valid(self, slug: str) -> bool:
        try:
            self.run_validators(slug)
        except ValidationError:
            return False
        return True


def validate_not_a_route(slug: str) -> None:
    """`/api/branches/mine/` is a route, so no branch can be found there."""
    if slug.lower() == "mine":
        raise ValidationError(_("This name is taken by the shop itself."), code="invalid")
