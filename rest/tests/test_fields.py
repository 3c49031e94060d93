import pytest
from django.core.exceptions import ValidationError as ModelValidationError
from rest_framework.serializers import ValidationError

from rest.fields import CharField, is_blank, validate_not_blank

INVISIBLE = [
    *("", " ", "\t\n", "\u00a0", "\u200b", "\u2800", "\u3164", "\u115f\u1160", "\uffa0", "\u180e", "\u2063", "\ufeff"),
    *("\u034f", "\ufe0f", "\U000e0061", "\U0001d159", "\u2028", "\u202e\u200f", " \u200b\u3164\u2800 "),
]
VISIBLE = ["a", "0", ".", "☕", "👩‍🚀", "\u200ba", "ａ", "ы", "茶", "\U0001fa77", "\ue000"]


@pytest.mark.parametrize("text", INVISIBLE)
def test_text_is_blank_when_nothing_can_be_seen(text):
    assert is_blank(text)
    with pytest.raises(ModelValidationError):
        validate_not_blank(text)
    with pytest.raises(ValidationError):
        CharField().run_validation(text)


@pytest.mark.parametrize("text", VISIBLE)
def test_text_is_not_blank_when_something_can_be_seen(text):
    assert not is_blank(text)
    assert CharField().run_validation(text) == text


def test_invisible_text_is_taken_where_it_may_be_blank():
    assert CharField(allow_blank=True).run_validation("\u3164") == "\u3164"
