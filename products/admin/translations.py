"""Plain inputs for every language, in place of the JSON that they become."""

import json
from collections.abc import Iterator

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from rest_framework.serializers import ValidationError as Refused

from products.models.translations import TRANSLATED, TranslatedModel, text_columns
from products.serializers.translations import TranslationsField

LANGUAGE_NAMES = dict(settings.LANGUAGES)


class TranslationsWidget(forms.Widget):
    """Its value is JSON, as the field beneath it has it, and the hidden copy of what the page showed."""

    template_name = "products/admin/translations.html"

    def __init__(self, model: type[TranslatedModel], attrs: dict | None = None):
        super().__init__(attrs)
        self.columns = text_columns(model)

    def get_context(self, name: str, value: str | None, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        shown = _sound(value)
        context["widget"]["texts"] = [
            {
                "id": f"id_{name}-{code}-{column.name}",
                "name": f"{name}-{code}-{column.name}",
                "label": capfirst(f"{language}, {column.verbose_name}"),
                "language": code,
                "is_long": isinstance(column, models.TextField),
                "max_length": column.max_length,
                "value": shown.get(code, {}).get(column.name, ""),
            }
            for code, language in LANGUAGE_NAMES.items()
            for column in self.columns
        ]
        return context

    def value_from_datadict(self, data: dict, files: dict, name: str) -> str:
        if name in data:  # sent by a program, not by a page
            return data[name]
        translations = {}
        for code in LANGUAGE_NAMES:
            texts = {column.name: data.get(f"{name}-{code}-{column.name}", "") for column in self.columns}
            texts = {key: text.replace("\r\n", "\n") for key, text in texts.items() if text.strip()}
            if texts:
                translations[code] = texts
        return json.dumps(translations)

    def value_omitted_from_data(self, data: dict, files: dict, name: str) -> bool:
        return not any(key == name or key.startswith(f"{name}-") for key in data)

    def id_for_label(self, id_: str) -> str:
        return ""  # each input has a label of its own


def _sound(value: str | None) -> dict[str, dict]:
    """Parse translations for the inputs, {} when malformed; a program may have sent anything."""
    try:
        translations = json.loads(value or "{}")
    except ValueError:
        return {}
    is_sound = isinstance(translations, dict) and all(isinstance(texts, dict) for texts in translations.values())
    return translations if is_sound else {}


class TranslationsFormField(forms.JSONField):
    """Held to what the API takes."""

    def __init__(self, model: type[TranslatedModel], **options):
        super().__init__(required=False, widget=TranslationsWidget(model), **options)
        self.strict = TranslationsField(model)

    def clean(self, value: str | None) -> dict:
        translations = super().clean(value)
        try:
            return self.strict.to_internal_value({} if translations is None else translations)
        except Refused as error:
            raise ValidationError(list(_in_words(error.detail))) from error


def _in_words(detail: dict | list, *names: str) -> Iterator[str]:
    """The API's errors, each with the language and the field that it is about."""
    if isinstance(detail, list):
        yield from (": ".join([*names, text]) for text in detail)
        return
    for key, inner in detail.items():
        language = LANGUAGE_NAMES.get(key)
        yield from _in_words(inner, *names, *([capfirst(str(language))] if language else []))


class TranslatedAdminMixin:
    """Admin and inlines of models with translations, whose inputs stand behind the texts themselves."""

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        names = [name for name in super().get_fields(request, obj) if name != "translations"]
        last = max(place for place, name in enumerate(names) if name in TRANSLATED)
        return [*names[: last + 1], "translations", *names[last + 1 :]]

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **options):
        if db_field.name != "translations":
            return super().formfield_for_dbfield(db_field, request, **options)
        return TranslationsFormField(
            db_field.model, label=capfirst(db_field.verbose_name), initial=dict, show_hidden_initial=True
        )
