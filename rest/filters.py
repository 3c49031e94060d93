"""Filters as strict as the fields: what does not parse is a 400, never a guess.

`described` is what the Swagger document says of a value.
"""

import re
import unicodedata
from datetime import UTC, date, datetime

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters.fields import BaseCSVField

from rest.pagination import refuse_repetition


class FilterSet(django_filters.FilterSet):
    """Filter set with only the filters that are asked for: each takes a form field made anew, and most requests ask for
    none.
    """

    def __init__(self, data=None, *args, **kwargs):
        if data is not None:
            self.base_filters = {name: one for name, one in self.base_filters.items() if name in data}
        super().__init__(data, *args, **kwargs)

    def is_valid(self) -> bool:
        """Refuse a filter that is sent twice: one would have to be forgotten. Raises ValidationError."""
        for name, each in self.filters.items():
            if not getattr(each, "is_repeatable", False):
                refuse_repetition(self.data, name)
        return super().is_valid()


class IdField(forms.RegexField):
    def __init__(self, **kwargs):
        super().__init__(r"^[0-9]{1,18}\Z", error_messages={"invalid": _("Enter an id.")}, **kwargs)


class IdFilter(django_filters.Filter):
    """An id in ASCII digits, small enough for the database."""

    field_class = IdField
    described = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}


class MoneyField(forms.DecimalField):
    def to_python(self, value):
        if value and not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", value):
            raise forms.ValidationError(_("Enter an amount such as 4.50."), code="invalid")
        return super().to_python(value)


class MoneyFilter(django_filters.Filter):
    field_class = MoneyField
    described = {"type": "string", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,2})?$"}


class BooleanField(forms.Field):
    values = {"true": True, "1": True, "false": False, "0": False}

    def to_python(self, value) -> bool | None:
        if not value:
            return None
        if value.lower() not in self.values:
            raise forms.ValidationError(_("Send true or false."), code="invalid")
        return self.values[value.lower()]


class BooleanFilter(django_filters.Filter):
    """`true` or `false`, where django-filter's own one takes anything else for no filter at all."""

    field_class = BooleanField
    described = {"type": "boolean"}


class DateField(forms.CharField):
    """A day as ISO 8601 writes it, and in no other of the forms that Python or Django understand."""

    def to_python(self, value) -> date | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError as error:
            raise forms.ValidationError(_("Enter a day such as 2026-11-23."), code="invalid") from error


class DateFilter(django_filters.Filter):
    field_class = DateField
    described = {"type": "string", "format": "date"}


class MomentField(forms.CharField):
    """An ISO 8601 moment; without an offset it is UTC. A `+` that arrived as a space is understood."""

    def to_python(self, value) -> datetime | None:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)\Z", r"+\1", text))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(_("Enter a moment such as 2026-11-23T08:30:00Z."), code="invalid") from error


class MomentFilter(django_filters.Filter):
    field_class = MomentField
    described = {"type": "string", "format": "date-time"}


class PointField(forms.CharField):
    """A latitude and a longitude in ASCII digits, with a comma between them."""

    pattern = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,15})?),(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)")

    def clean(self, value) -> tuple[float, float] | None:
        text = super().clean(value)
        if not text:
            return None
        found = self.pattern.fullmatch(text)
        latitude, longitude = map(float, found.groups()) if found else (91, 181)
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise forms.ValidationError(_("Enter a latitude and a longitude such as 52.5,13.4."), code="invalid")
        return latitude, longitude


class PointFilter(django_filters.Filter):
    field_class = PointField
    described = {"type": "string", "pattern": r"^-?[0-9]{1,2}(\.[0-9]{1,15})?,-?[0-9]{1,3}(\.[0-9]{1,15})?$"}


MOST_WORDS = 10


class WordsField(forms.CharField):
    """Search words, separated by spaces. Each word costs a look into every row, so there are ten at the most."""

    def clean(self, value) -> list[str]:
        words = unicodedata.normalize("NFC", super().clean(value)).split()
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(_("Search for at most %d words.") % MOST_WORDS, code="too_many_words")
        return words


class SearchFilter(django_filters.CharFilter):
    """Words that must all occur. `method` names the filter set's method, which gets them as a list."""

    field_class = WordsField

    def __init__(self, **kwargs):
        super().__init__(max_length=100, **kwargs)


class OrderingField(BaseCSVField):
    """Names with commas between them; nothing between two commas is no name."""

    def clean(self, value) -> list[str] | None:
        names = super().clean(value)
        if names and "" in names:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": '""'}, code="invalid")
        return names


class TiedOrderingFilter(django_filters.OrderingFilter):
    """Ordering with the primary key behind it, so that pages neither repeat nor skip a row."""

    base_field_class = OrderingField
    described = {"type": "array", "items": {"type": "string"}, "collectionFormat": "csv"}

    def filter(self, qs, value):
        ordered = super().filter(qs, value)
        return ordered.order_by(*ordered.query.order_by, "pk") if value else ordered
