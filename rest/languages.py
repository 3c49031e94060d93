"""The language of an answer, as `Accept-Language` asks for it (RFC 9110, 12.5.4), among those the shop speaks."""

import re
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

LONGEST = 500  # characters that are looked at, as in Django: who knows more languages means none in earnest
RANGE = re.compile(r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")


def language_of(request: HttpRequest) -> str:
    return best_language(request.META.get("HTTP_ACCEPT_LANGUAGE", "")[:LONGEST])


@lru_cache(maxsize=1000)
def best_language(header: str) -> str:
    """Negotiate one of our languages, whatever was asked for. Django's own choice takes `ru;q=0` for a wish, and asks a
    cookie.

    Of equally good ones the first named; what is no language range is passed over.
    """
    languages = [code for code, _name in settings.LANGUAGES]
    wishes: dict[str, float] = {}
    for part in header.lower().split(","):
        if found := RANGE.fullmatch(part.strip()):
            language, quality = found[1], float(found[2] or 1)
            wishes[language] = max(quality, wishes.get(language, 0))
    others = wishes.pop("*", 0)
    wishes |= {language: others for language in languages if language not in wishes}
    best = max((language for language in wishes if language in languages), key=wishes.get)
    return best if wishes[best] else settings.LANGUAGE_CODE


class LanguageMiddleware:
    """Answers in the caller's language, and says so. The response cache, further out, keeps one for each language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.LANGUAGE_CODE = language = language_of(request)
        translation.activate(language)
        response = self.get_response(request)
        patch_vary_headers(response, ["Accept-Language"])
        response.headers.setdefault("Content-Language", language)
        return response
