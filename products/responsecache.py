"""Response cache of the public catalogue, one cache generation at a time.

It sits inside the host check, CORS and the security headers, and outside session, CSRF and authentication: the price
list is the same for everybody, so a token, even an expired one, does not matter.
"""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.cache import set_response_etag

from products.generations import CacheGenerations
from products.metrics import CATALOGUE_CACHE
from products.permissions import claims_administrator
from rest.languages import language_of

# The same for everybody. One branch tells when it can have a cup ready, which every order changes: it is not cached.
ROUTES = re.compile(
    "/api/(?:categories|ingredients|option-groups|products)/.*|/api/branches/(?:[^/]+/menu/)?", re.DOTALL
)
# What the views read; a test holds this to the Swagger document. Anything else in a query changes no answer.
PARAMETERS = (
    *("available", "branch", "category", "max_price", "min_price", "near", "ordering", "page", "page_size", "search"),
)
PRIVATE = "include_inactive"  # for administrators, so for nobody else's eyes
HIT, MISS = CATALOGUE_CACHE.labels("hit"), CATALOGUE_CACHE.labels("miss")
OVERHEAD = 1000  # bytes that a response takes beside its content


class CachedResponse:
    """A response without anything of the request that it was made for, but its language."""

    __slots__ = ("content", "headers", "match")

    def __init__(self, response: HttpResponse, match: ResolverMatch):
        self.content, self.match = response.content, match
        self.headers = {**response.headers, "Vary": "Accept-Language"}  # what else it depends on is said further out

    def respond(self, request: HttpRequest) -> HttpResponse:
        request.resolver_match = self.match
        return HttpResponse(self.content, headers=self.headers)


class CatalogueCacheMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.generations = CacheGenerations(settings.CATALOGUE_CACHE_MB * 1024 * 1024)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not ROUTES.fullmatch(request.path_info):
            return self.get_response(request)
        if request.method == "HEAD":
            return self._head(request)
        if request.method != "GET" or PRIVATE in request.GET or claims_administrator(request):
            return self.get_response(request)
        site = f"{request.scheme}://{request.get_host()}"  # the host is checked here, and pictures have it in their URL
        generation = self.generations.current()
        if generation is None:
            return self.get_response(request)
        request.catalogue_facts = generation.facts
        if request.GET:
            make_canonical(request)
        name = f"{language_of(request)} {site}{request.path}?{request.META['QUERY_STRING']}"
        response, is_hit = generation.responses.get_or_compute(name, lambda: self._compute(request, name))
        (HIT if is_hit else MISS).inc()
        return response.respond(request) if isinstance(response, CachedResponse) else response

    def _head(self, request: HttpRequest) -> HttpResponse:
        """Answer HEAD as GET, with its ETag; whoever sends it leaves the body out."""
        request.method = "GET"
        try:
            response = self(request)
        finally:
            request.method = "HEAD"
        if response.status_code == 200:
            set_response_etag(response)
        return response

    def _compute(self, request: HttpRequest, name: str) -> tuple[CachedResponse | HttpResponse, int | None]:
        response = self.get_response(request)
        if response.status_code != 200 or response.cookies:
            return response, None
        set_response_etag(response)
        cached = CachedResponse(response, request.resolver_match)
        return cached, len(cached.content) + len(name) + OVERHEAD


def make_canonical(request: HttpRequest) -> None:
    """Sort the query and drop unknown names, so that the same question has the same cache key."""
    known = [(name, value) for name in PARAMETERS for value in request.GET.getlist(name)]
    request.META["QUERY_STRING"] = urlencode(known)
    del request.GET
