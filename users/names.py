"""Normal forms of usernames, and the names that others see."""

import re
import unicodedata
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from users.models import CustomUser

# Django's own rule without `@`, which marks an e-mail address. The Hangul fillers are the only invisible letters.
_USERNAME = re.compile(r"(?:[.+-]|[^\W\u115f\u1160]){1,150}")
USERNAME_LENGTH = 150
_UNSEEN = {"Cc", "Cn", "Co", "Cs", "Zl", "Zp"}
_TURNING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def normalise_username(name: str) -> str:
    """The form in which a name is stored, NFKC: full-width letters become plain ones."""
    return unicodedata.normalize("NFKC", name)


def normalise_password(password: str | None) -> str | None:
    """NFC form of a password, whatever keyboard it comes from."""
    return password and unicodedata.normalize("NFC", password)


def staff_name(user: "CustomUser") -> str:
    """Name of staff for customers: their sign-in names are half of what a guesser needs."""
    return user.first_name or "CoffeeShop"


def username_key(name: str) -> str:
    """Comparison key of a username, whatever its case or width."""
    return unicodedata.normalize("NFKC", normalise_username(name).casefold())


def validate_username(name: str) -> None:
    if len(name) > USERNAME_LENGTH or not _USERNAME.fullmatch(normalise_username(name)):
        raise ValidationError(_("A username has letters, digits and . + - _ only, at most 150."), code="invalid")


def validate_visible(text: str) -> None:
    """Raises ValidationError for line breaks, other control characters, and marks that turn the direction of text."""
    if any(unicodedata.category(character) in _UNSEEN or character in _TURNING for character in text):
        raise ValidationError(_("Please use visible characters only."), code="invalid")


class UsernameKeyField(models.CharField):
    """Follows `username` on every way of writing, so that the database itself refuses look-alikes."""

    def pre_save(self, model_instance, add):
        key = username_key(model_instance.username)
        setattr(model_instance, self.attname, key)
        return key
