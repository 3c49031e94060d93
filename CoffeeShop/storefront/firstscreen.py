"""Branches and a menu, embedded into the page as the API shows them, so that a first visit draws them without asking.

On a phone each question takes 150 ms and more, and the menu would be the third of three.
"""

from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import set_response_etag
from django.utils.translation import get_language
from rest_framework.renderers import JSONRenderer

from CoffeeShop.storefront.menus import as_script
from products.generations import CacheGenerations
from products.models import Branch
from products.serializers.branches import BranchSerializer
from products.serializers.menu import MenuSerializer

generations = CacheGenerations(settings.CATALOGUE_CACHE_MB * 1024 * 1024)


class FirstScreen(NamedTuple):
    slug: str
    branches: str
    menu: str
    etag: str
    at: str


def first_screen(request: HttpRequest, slug: str | None) -> FirstScreen | None:
    """Of this branch, or of the default one; None where there is no such branch."""
    generation = generations.current()
    if generation is None:
        return _compute(request, slug)
    name = f"{get_language()} {request.scheme}://{request.get_host()} {slug or ''}"
    return generation.responses.get_or_compute(name, lambda: _measured(_compute(request, slug)))[0]


def _measured(screen: FirstScreen | None) -> tuple[FirstScreen | None, int | None]:
    return screen, None if screen is None else len(screen.branches.encode()) + len(screen.menu.encode())


def _compute(request: HttpRequest, slug: str | None) -> FirstScreen | None:
    now = timezone.now().replace(second=0, microsecond=0)  # so that the same content keeps its ETag for a minute
    branches = list(Branch.objects.active().prefetch_related("hours", "special_days").in_shown_order())
    asked = [branch for branch in branches if (branch.slug == slug if slug else branch.is_default)]
    branch = next(iter(asked or ([] if slug else branches)), None)
    if branch is None:
        return None
    context = {"request": request}
    menu = JSONRenderer().render(MenuSerializer(branch, context=context).data)
    listed = JSONRenderer().render(BranchSerializer(branches, many=True, context=context).data)
    return FirstScreen(
        slug=branch.slug,
        branches=as_script(listed.decode()),
        menu=as_script(menu.decode()),
        etag=etag_of(menu),
        at=now.isoformat(),
    )


def etag_of(content: bytes) -> str:
    """As the API's answer of the same bytes has it."""
    response = HttpResponse(content)
    set_response_etag(response)
    return response["ETag"]
