"""Strict fields: what a client sends is either exactly the documented form or a 400."""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty

# Letters, marks and symbols that are drawn as nothing: fillers, the empty Braille pattern, joiners and selectors.
UNSEEN = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0\U0001d159\U00016fe4")
UNSEEN |= {
    chr(code) for codes in (range(0xFE00, 0xFE10), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000)) for code in codes
}
UNSEEN_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MAX_ID = 2**63 - 1  # the largest id PostgreSQL and SQLite can store


def id_from(text: str) -> int | None:
    """The id that a text outside of JSON spells in ASCII digits, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def is_blank(text: str) -> bool:
    """True for text that shows nothing: white space, controls, formatting marks and whatever is drawn as nothing."""
    return all(unicodedata.category(character) in UNSEEN_CATEGORIES or character in UNSEEN for character in text)


def validate_not_blank(text: str) -> None:
    """Validator of names, on models and serializers alike. Raises ValidationError."""
    if is_blank(text):
        raise ValidationError(_("This field may not be blank."), code="blank")


def validate_direction(text: str) -> None:
    """No marks that turn the direction of what is around them, in a list or on a label. Raises ValidationError."""
    if not DIRECTION_MARKS.isdisjoint(text):
        raise ValidationError(_("Marks of the writing direction are not allowed here."), code="direction")


class IntegerField(serializers.IntegerField):
    """A plain JSON integer: no bool, float or string, whatever Python could make of them."""

    def to_internal_value(self, data: object) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberParameter(serializers.IntegerField):
    """A number in a query string: ASCII digits, of which Python would understand more."""

    def to_internal_value(self, data: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", data):
            self.fail("invalid")
        return super().to_internal_value(data)


class ClientIdField(serializers.UUIDField):
    """A UUID as text with hyphens; it comes back in lower case."""

    pattern = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

    def to_internal_value(self, data: object):
        if not isinstance(data, str) or not self.pattern.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextMixin:
    """A JSON string: no number or boolean that could be written as one."""

    def to_internal_value(self, data: object):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class CharField(TextMixin, serializers.CharField):
    """A text in one Unicode form (NFC: a decomposed letter is the same letter), and where it may not be blank, one that
    can be seen. Secrets, which are not trimmed, may be anything.
    """

    def to_internal_value(self, data: object) -> str:
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        if text and self.trim_whitespace and not self.allow_blank and is_blank(text):
            self.fail("blank")
        return text


class EmailField(TextMixin, serializers.EmailField):
    pass


class SlugField(TextMixin, serializers.SlugField):
    pass


class RegexField(TextMixin, serializers.RegexField):
    pass


NOT_THERE = _("This does not exist.")  # DRF's own words are a developer's


class SlugRelatedField(TextMixin, serializers.SlugRelatedField):
    default_error_messages = {"does_not_exist": NOT_THERE}


class BooleanField(serializers.BooleanField):
    """`true` or `false`, where DRF's own one understands 1, "on" and "yes" too."""

    def to_internal_value(self, data: object) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


class ChoiceField(serializers.ChoiceField):
    """One of the choices in its own type: weekday 1 is not "1"."""

    def to_internal_value(self, data: object) -> object:
        if type(data) is not (int if all(isinstance(choice, int) for choice in self.choices) else str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class DecimalField(serializers.DecimalField):
    """An empty text is no null."""

    def validate_empty_values(self, data: object) -> tuple[bool, object]:
        return serializers.Field.validate_empty_values(self, data)


class MoneyField(DecimalField):
    """A decimal string such as "4.50": ASCII digits, at most 8 before the point and 2 after."""

    default_error_messages = {"invalid": _('Send money as a string such as "4.50".')}
    pattern = re.compile(r"-?[0-9]{1,8}(\.[0-9]{1,2})?")

    def __init__(self, **kwargs):
        super().__init__(**{"max_digits": 10, "decimal_places": 2, **kwargs})

    def to_internal_value(self, data: object) -> Decimal:
        if not isinstance(data, str) or not self.pattern.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class PlainDecimalField(DecimalField):
    """A decimal string or number in ASCII digits, where Python also understands `1_0` and other scripts."""

    pattern = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")

    def to_internal_value(self, data: object) -> Decimal:
        if not self.pattern.fullmatch(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class IdField(serializers.PrimaryKeyRelatedField):
    """The id of a related row, as a plain JSON integer."""

    default_error_messages = {
        "does_not_exist": NOT_THERE,
        "incorrect_type": serializers.IntegerField.default_error_messages["invalid"],
    }

    def run_validation(self, data: object = empty) -> object:
        return serializers.Field.run_validation(self, data)  # an empty text is no null

    def to_internal_value(self, data: object):
        return super().to_internal_value(self.checked(data))

    def checked(self, data: object) -> int:
        """The id itself, of which only the form is known."""
        if type(data) is not int:
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < data <= MAX_ID:
            self.fail("does_not_exist", pk_value=data)
        return data


class DateField(serializers.DateField):
    """A day such as "2026-11-23": Django reads any script's digits."""

    pattern = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

    def to_internal_value(self, value: object) -> date:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class TimeField(serializers.TimeField):
    """A time of day such as "08:30" on the clock of the place: DRF drops an offset silently."""

    pattern = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")

    def to_internal_value(self, value: object) -> time:
        if not isinstance(value, str) or not self.pattern.fullmatch(value):
            self.fail("invalid", format="hh:mm[:ss]")
        return super().to_internal_value(value)


STRICT = {
    serializers.BigIntegerField: IntegerField,
    serializers.BooleanField: BooleanField,
    serializers.CharField: CharField,
    serializers.DateField: DateField,
    serializers.EmailField: EmailField,
    serializers.IntegerField: IntegerField,
    serializers.SlugField: SlugField,
    serializers.TimeField: TimeField,
}


class BoundedListMixin:
    """A JSON list and nothing else that can be gone through; one that is too long is refused as a whole, before its
    elements are looked at: a body has room for 500,000.
    """

    default_error_messages = {
        name: serializers.ListField.default_error_messages[name] for name in ("max_length", "not_a_list")
    }
    most = 100

    def to_internal_value(self, data: object) -> list:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > self.most:
            self.fail("max_length", max_length=self.most)
        return super().to_internal_value(data)


class RowsField(BoundedListMixin, serializers.ManyRelatedField):
    """Related rows, each of which is looked up, and none is there twice."""

    default_error_messages = {"repeated": _("One of them is there twice.")}

    def to_internal_value(self, data: object) -> list:
        rows = super().to_internal_value(data)
        if len(set(rows)) < len(rows):
            self.fail("repeated")
        return rows


class IdsField(RowsField):
    """Ids of related rows, each of which is looked up."""

    def __init__(self, *, queryset: models.QuerySet, **kwargs):
        super().__init__(child_relation=IdField(queryset=queryset), **kwargs)


class ModelSerializer(serializers.ModelSerializer):
    """A model serializer whose fields are the strict ones."""

    serializer_related_field = IdField
    serializer_choice_field = ChoiceField
    serializer_field_mapping = {
        model_field: STRICT.get(field, field)
        for model_field, field in serializers.ModelSerializer.serializer_field_mapping.items()
    } | {models.DecimalField: PlainDecimalField}

    def update(self, instance: models.Model, validated_data: dict) -> models.Model:
        """Write what was sent and nothing else: somebody else may be changing the rest right now."""
        to_many = {field.name for field in instance._meta.many_to_many}
        stamps = {field.name for field in instance._meta.concrete_fields if getattr(field, "auto_now", False)}
        columns = {name for name in validated_data.keys() - to_many if getattr(instance, name) != validated_data[name]}
        for name in columns:
            setattr(instance, name, validated_data[name])
        if columns:
            instance.save(update_fields=columns | stamps)
        for name in validated_data.keys() & to_many:
            getattr(instance, name).set(validated_data[name])
        return instance


def moment_text(at: datetime | None) -> str | None:
    """A moment as DRF's field writes it, for answers that are written out by hand."""
    return at and at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class MomentField(serializers.DateTimeField):
    """An ISO 8601 moment with its offset, without which nobody knows whose clock is meant."""

    has_offset = re.compile(r".*(Z|[+-][0-9]{2}:?[0-9]{2})", re.DOTALL)

    def to_internal_value(self, value: object) -> datetime:
        # Django reads any script's digits.
        if not isinstance(value, str) or not value.isascii() or not self.has_offset.fullmatch(value):
            self.fail("invalid", format="2026-11-23T08:30:00Z")
        try:
            return super().to_internal_value(value).astimezone(UTC)
        except OverflowError:
            self.fail("overflow")


class WholeRowSerializer(ModelSerializer):
    """A row within a list that is replaced as a whole: also a PATCH of what it belongs to sends it complete."""

    def to_internal_value(self, data: object) -> dict:
        names = {field.field_name for field in self._writable_fields if field.required}
        missing = names - data.keys() if isinstance(data, dict) else ()
        if missing:
            required = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({name: [required] for name in sorted(missing)}, code="required")
        return super().to_internal_value(data)
