import re
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

LEAST_BYTES = 2000
COMPRESSIBLE = re.compile(r"text/|application/(?:(?:\w+\+)?json|javascript|xml|yaml)|image/svg")


class CompressionMiddleware(GZipMiddleware):
    """Gzip for large answers of text, where no proxy does it. What is the same for everybody is compressed once.

    What may be somebody's own is compressed each time, with random padding against BREACH.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 200 or not COMPRESSIBLE.match(response.get("Content-Type", "")):
            return response  # part of a file, or what is compressed by itself
        if int(response.get("Content-Length", LEAST_BYTES)) < LEAST_BYTES:
            return response
        if response.streaming or not is_public(request, response):
            return super().process_response(request, response)
        patch_vary_headers(response, ["Accept-Encoding"])
        if "Content-Encoding" in response or not re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
            return response
        response.content = compressed(response.content)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
        if response.get("ETag", "").startswith('"'):
            response.headers["ETag"] = f"W/{response['ETag']}"
        return response


def is_public(request: HttpRequest, response: HttpResponse) -> bool:
    return not (request.COOKIES or response.cookies or "Authorization" in request.headers)


@lru_cache(maxsize=64)
def compressed(content: bytes) -> bytes:
    return compress_string(content)
