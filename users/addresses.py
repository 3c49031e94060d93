"""E-mail addresses: the one form they are stored in, the key they are compared by, and the form on the wire.

Two spellings of a domain (пример.рф, xn--e1afmkfd.xn--p1ai) are one address; look-alike letters are not.
"""

import re
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

LENGTH = 254
# Plain characters only: others have a meaning of their own on the wire, such as `=?utf-8?q?…?=` or `%`.
_LOCAL = re.compile(r"[A-Za-z0-9_+'&~=-]+(\.[A-Za-z0-9_+'&~=-]+)*", re.ASCII)


def normalise_email(address: str) -> str:
    """The form an address is stored in, its domain in its own script (IDNA 2008). Raises ValidationError."""
    local, domain = _parts(address)
    return f"{local}@{idna.decode(domain)}"


def wire_email(address: str) -> str:
    """The form for mail servers, ASCII alone. Raises ValidationError.

    Made here, since Django's mail knows IDNA 2003, to which straße.example is another domain.
    """
    return "@".join(_parts(address))


def deliverable(address: str) -> str:
    """The address for mail servers; empty for one that was stored before there were rules and would go astray."""
    try:
        return wire_email(address)
    except ValidationError:
        return ""


def email_key(address: str) -> str:
    """Comparison key of an address. No database lower-cases it, so that no locale has a say.

    Any text has one: what is no address by today's rules may be stored from earlier on.
    """
    try:
        return wire_email(address).lower()
    except ValidationError:
        return address.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")  # of ASCII letters alone


def _parts(address: str) -> tuple[str, str]:
    """The local part as typed, and the domain in ASCII."""
    local, _at, domain = address.rpartition("@")
    try:
        if any(_turns_into_ascii(letter) for letter in domain):
            raise UnicodeError(domain)
        ascii_domain = idna.encode(unicodedata.normalize("NFC", domain.lower())).decode().lower()
        shown_domain = idna.decode(ascii_domain)
    except (idna.IDNAError, UnicodeError) as error:
        raise ValidationError(_("Enter a valid email address."), code="invalid") from error
    if not _LOCAL.fullmatch(local) or max(len(ascii_domain), len(shown_domain)) + len(local) >= LENGTH:
        raise ValidationError(_("Enter a valid email address."), code="invalid")
    validate_email(f"{local}@{ascii_domain}")
    return local, ascii_domain


def _turns_into_ascii(letter: str) -> bool:
    """Look-alikes that lower-casing makes plain: the Kelvin sign a k, a capital I with a dot an i."""
    return not letter.isascii() and any(lowered.isascii() for lowered in letter.lower())


class EmailKeyField(models.CharField):
    """Follows the address in the field `of` whenever it is saved itself."""

    def __init__(self, *args, of: str, **kwargs):
        self.of = of
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance, add):
        key = email_key(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key
