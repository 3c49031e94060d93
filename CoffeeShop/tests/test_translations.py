import gettext
from io import BytesIO

from django.conf import settings

FOLDER = settings.LOCALE_PATHS[0] / "ru" / "LC_MESSAGES"


def test_every_text_has_its_russian_and_is_compiled():
    source = (FOLDER / "django.po").read_text()
    compiled = gettext.GNUTranslations(BytesIO((FOLDER / "django.mo").read_bytes()))

    untranslated = [entry for entry in source.split("\n\n") if entry.rstrip().endswith('msgstr ""')]

    assert not untranslated
    assert "#, fuzzy" not in source
    # A text with plurals is there once for each of them.
    assert source.count("\nmsgid ") == len({key if isinstance(key, str) else key[0] for key in compiled._catalog})
