"""Texts in the languages of their readers: one JSON column, `{"ru": {"name", "description"}}`.

What a row's own `name` and the others say stands where there is no translation, in whatever language it is.
"""

from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from products.models.base import CatalogueQuerySet
from rest.trigrams import one_text

LANGUAGES = [code for code, _name in settings.LANGUAGES]
TRANSLATED = ("name", "description", "address", "pickup_place")  # those of them that a model has


def validate_translations(translations: object) -> None:
    """The form that everything else relies on; what people send is checked by the serializer and the admin's form."""
    is_sound = isinstance(translations, dict) and translations.keys() <= set(LANGUAGES)
    if not is_sound or not all(isinstance(texts, dict) and texts.get("name") for texts in translations.values()):
        raise ValidationError(_("These are no translations."), code="invalid")


class TranslatedModel(models.Model):
    """Something with a name, and maybe a description, that readers see in their language."""

    translations = models.JSONField(
        _("translations"), default=dict, db_default={}, blank=True, validators=[validate_translations]
    )

    class Meta:
        abstract = True

    def shown(self, name: str) -> str:
        """One of its texts, in the language now in force."""
        return self.translations.get(get_language(), {}).get(name) or getattr(self, name)

    @property
    def shown_name(self) -> str:
        return self.shown("name")

    @property
    def shown_description(self) -> str:
        return self.shown("description")

    def every(self, name: str) -> dict[str, str]:
        """The text in every language that has one of its own, for copies that are to speak as many."""
        return {language: texts[name] for language, texts in self.translations.items() if texts.get(name)}

    @property
    def names(self) -> dict[str, str]:
        return self.every("name")


def text_columns(model: type[TranslatedModel]) -> list[models.Field]:
    """Translatable columns of a model, a name first."""
    return [field for field in model._meta.concrete_fields if field.name in TRANSLATED]


def in_language(names: dict[str, str], otherwise: str) -> str:
    """Choose from the names of something that was copied the one in the language now in force."""
    return names.get(get_language(), otherwise)


class TranslatedQuerySet(CatalogueQuerySet):
    def in_shown_order(self) -> Self:
        """Ordered as the model says, by the name that is shown where it says by name: the alias `shown_name`."""
        names = ("shown_name" if name == "name" else name for name in self.model._meta.ordering)
        return self.alias(shown_name=shown_name()).order_by(*names)


def shown_name(path: str = "") -> models.Expression:
    """For ordering, and an index of `Product`: the name that is shown in the language now in force."""
    return name_in(get_language() or settings.LANGUAGE_CODE, path)


def name_in(language: str, path: str = "") -> models.Expression:
    return Coalesce(_text(language, "name", path), f"{path}name")


def every_text(*names: str) -> models.Expression:
    """These fields in all languages as one text to search in."""
    translated = (_text(language, name) for language in LANGUAGES for name in names)
    return one_text(*names, *(Coalesce(text, models.Value("")) for text in translated))


def _text(language: str, name: str, path: str = "") -> models.Expression:
    return KeyTextTransform(name, KeyTextTransform(language, f"{path}translations"))
