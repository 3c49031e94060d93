from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from rest.fields import MoneyField


class AmountField(forms.DecimalField):
    """An amount in the form that the API takes, where Django would also read 1_0 and other scripts' digits."""

    def to_python(self, value):
        if value not in self.empty_values and not MoneyField.pattern.fullmatch(str(value).strip()):
            raise ValidationError(_("Enter an amount such as 4.50."), code="invalid")
        return super().to_python(value)


AMOUNTS = {models.DecimalField: {"form_class": AmountField}}
