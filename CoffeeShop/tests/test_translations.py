import ast
import gettext
import tokenize
from collections.abc import Iterator
from io import BytesIO, StringIO
from itertools import takewhile
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize
from django.utils.translation.trans_real import translation

FOLDER = settings.LOCALE_PATHS[0] / "ru" / "LC_MESSAGES"
APPS = ["CoffeeShop", "rest", "realtime", *settings.SHOP_APPS]
PLAIN, WITH_CONTEXT = False, True
MARKS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"], PLAIN),
    **dict.fromkeys(["pgettext", "pgettext_lazy", "npgettext"], WITH_CONTEXT),
}
LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}


def test_every_text_has_its_russian_and_is_compiled():
    source = (FOLDER / "django.po").read_text()
    compiled = gettext.GNUTranslations(BytesIO((FOLDER / "django.mo").read_bytes()))

    untranslated = [entry for entry in source.split("\n\n") if entry.rstrip().endswith('msgstr ""')]

    assert not untranslated
    assert "#, fuzzy" not in source
    # A text with plurals is there once for each of them.
    assert source.count("\nmsgid ") == len({key if isinstance(key, str) else key[0] for key in compiled._catalog})


def test_every_marked_text_is_in_the_catalogue():
    catalogue = translation("ru")._catalog  # with Django's own texts

    marked = {text: path.name for path in sources() for text in marked_texts(path)}

    assert len(marked) > 500
    unknown = {text: name for text, name in marked.items() if text not in catalogue and (text, 0) not in catalogue}
    assert unknown == {}


@pytest.mark.parametrize(
    ("name", "source", "texts"),
    [
        ("a.py", '_("One")\nngettext("%d cup", "%d cups", 2)\n_(variable)\nother("Two")', ["One", "%d cup"]),
        ("a.py", 'pgettext("of a drink", "Large")', ["of a drink\x04Large"]),
        ("a.html", '{% translate "One" %}{% blocktranslate %}{{ a }} is{% endblocktranslate %}', ["One", "%(a)s is"]),
    ],
)
def test_marked_texts_are_found(tmp_path, name, source, texts):
    path = tmp_path / name
    path.write_text(source)

    assert list(marked_texts(path)) == texts


def sources() -> Iterator[Path]:
    """Modules and templates of the project, without its tests and tools."""
    for app in APPS:
        for pattern in ("**/*.py", "**/*.html", "**/*.txt"):
            yield from (path for path in (settings.BASE_DIR / app).glob(pattern) if "tests" not in path.parts)


def marked_texts(path: Path) -> Iterator[str]:
    """Message ids that a module or a template marks for translation, with their context as `gettext` joins them."""
    source = path.read_text()
    if path.suffix != ".py":
        source = templatize(source).replace("\n", " ")
    tokens = [token for token in tokenize.generate_tokens(StringIO(source).readline) if token.type not in LAYOUT]
    for place, token in enumerate(tokens[:-1]):
        if token.string in MARKS and tokens[place + 1].string == "(":
            texts = [*arguments(tokens[place + 2 :])][: 2 if MARKS[token.string] else 1]
            if texts:
                yield "\x04".join(texts)


def arguments(tokens: list[tokenize.TokenInfo]) -> Iterator[str]:
    """Leading arguments of a call that are strings, as far as they are."""
    while tokens and tokens[0].type == tokenize.STRING:
        parts = list(takewhile(lambda token: token.type == tokenize.STRING, tokens))
        yield "".join(ast.literal_eval(part.string) for part in parts)
        tokens = tokens[len(parts) + 1 :]
