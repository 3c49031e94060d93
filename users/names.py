"""When two names are the same name."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# Django's own rule without `@`, which marks an e-mail address; \w leaves no room for anything invisible.
_USERNAME = re.compile(r"[\w.+-]{1,150}")


def normalise_username(name: str) -> str:
    """The form in which a name is stored, NFKC: full-width letters become plain ones."""
    return unicodedata.normalize("NFKC", name)


def username_key(name: str) -> str:
    """What two usernames are compared by, whatever their case or width."""
    return unicodedata.normalize("NFKC", normalise_username(name).casefold())


def validate_username(name: str) -> None:
    if not _USERNAME.fullmatch(normalise_username(name)):
        raise ValidationError(_("A username has letters, digits and . + - _ only, at most 150."), code="invalid")


class UsernameKeyField(models.CharField):
    """Follows `username` on every way of writing, so that the database itself refuses look-alikes."""

    def pre_save(self, model_instance, add):
        key = username_key(model_instance.username)
        setattr(model_instance, self.attname, key)
        return key
