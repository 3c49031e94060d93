import json
import re
from itertools import accumulate

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.renderers import JSONRenderer

from rest.exceptions import BodyTooLarge

# Strings are taken out whole, so that brackets inside them do not count; the closing quote is optional,
# so that an unfinished string is consumed once and the scan stays linear.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - _STEPS.keys())


def json_depth(text: str) -> int:
    """Nesting depth of arrays and objects in a JSON text, without building anything from it."""
    brackets = _STRING.sub("", text).encode(errors="replace").translate(None, delete=_NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))


def loads_strictly(text: str) -> object:
    """Parse JSON of bounded depth whose texts are valid Unicode; `NaN` and `Infinity` are no JSON.

    Raises ValueError for anything else.
    """
    if text.count("[") + text.count("{") > settings.JSON_MAX_DEPTH and json_depth(text) > settings.JSON_MAX_DEPTH:
        raise ValueError("nested too deeply")
    value = json.loads(text, parse_constant=_refuse_constant)
    if r"\ud" in text.lower():  # perhaps half a surrogate pair, which no answer and no database could hold
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(name: str):
    raise ValueError(f"{name} is not JSON")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON of bounded size and depth, refused before anything is built from it."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream, media_type=None, parser_context=None) -> object:
        body = stream.read(settings.JSON_MAX_BYTES + 1)
        if len(body) > settings.JSON_MAX_BYTES:
            raise BodyTooLarge
        try:
            return loads_strictly(body.decode())
        except ValueError as error:  # also UnicodeDecodeError, and integers of thousands of digits
            raise ParseError(_("The body is not valid JSON.")) from error


class FormParser(MultiPartParser):
    """`multipart/form-data`, whose errors are not told in the words of an exception."""

    def parse(self, stream, media_type=None, parser_context=None) -> DataAndFiles:
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError as error:
            raise ParseError(_("The body is not a valid form.")) from error
