"""Serializers of translations: for writing them, and for texts in the reader's language."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_yasg import openapi
from rest_framework import serializers

from products.models.translations import LANGUAGES, TRANSLATED, TranslatedModel, text_columns
from rest.fields import CharField, ModelSerializer, validate_direction


class TranslationsField(serializers.Field):
    """The texts of one row by their language. What is sent is the whole of them.

    Each has a name, as long as the row's own may be; what else is sent of a language is ignored, as everywhere.
    """

    default_error_messages = {
        "not_an_object": _("Send an object, by language."),
        "unknown_language": _("The shop does not speak this language."),
    }

    class Meta:
        swagger_schema_fields = {
            "type": openapi.TYPE_OBJECT,
            "properties": {
                language: {
                    "type": openapi.TYPE_OBJECT,
                    "properties": {name: {"type": openapi.TYPE_STRING} for name in TRANSLATED},
                    "required": ["name"],
                }
                for language in LANGUAGES
            },
        }

    def __init__(self, model: type[TranslatedModel] | None = None, **kwargs):
        super().__init__(**kwargs)
        self.model = model

    @cached_property
    def texts(self) -> "TextsSerializer":
        return TextsSerializer(self.model or self.parent.Meta.model)

    def to_representation(self, translations: dict) -> dict:
        return translations

    def to_internal_value(self, data: object) -> dict:
        if not isinstance(data, dict):
            self.fail("not_an_object")
        errors, translations = {}, {}
        for language, texts in data.items():
            try:
                translations[language] = self._texts(language, texts)
            except serializers.ValidationError as error:
                errors[str(language)[:100]] = error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return translations

    def _texts(self, language: str, texts: object) -> dict[str, str]:
        if language not in LANGUAGES:
            self.fail("unknown_language")
        return {name: text for name, text in self.texts.run_validation(texts).items() if text}


class TextsSerializer(serializers.Serializer):
    """A row's texts in one language, held to what its own fields may be."""

    def __init__(self, model: type[TranslatedModel], **kwargs):
        super().__init__(**kwargs)
        self.model = model

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            column.name: CharField(
                max_length=column.max_length,
                required=not column.blank,
                allow_blank=column.blank,
                validators=[validate_direction],
            )
            for column in text_columns(self.model)
        }


def translations_for(context: dict, row: TranslatedModel) -> dict:
    """Every language, for administrators."""
    reader = getattr(context.get("request"), "user", None)
    if not getattr(reader, "is_admin", False):
        return {}
    blank = {name: "" for name in TRANSLATED if hasattr(row, name)}
    return {"translations": {language: blank | texts for language, texts in row.translations.items()}}


class TranslatedSerializer(ModelSerializer):
    """Shows names and other texts in the reader's language, and all languages to administrators, who write them."""

    translations = TranslationsField(
        required=False,
        help_text="Administrators only: the texts by language, of a branch also where it is. Others do not see it.",
    )

    def to_representation(self, row: TranslatedModel) -> dict:
        shown = super().to_representation(row)
        shown.pop("translations", None)
        texts = {name: row.shown(name) for name in TRANSLATED if name in shown}
        return shown | texts | translations_for(self.context, row)
