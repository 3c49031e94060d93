"""Resolve the branch of a request, and the catalogue sold there."""

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_yasg import openapi
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from products.generations import facts_of
from products.models import Branch, OptionGroup, Product
from products.models.catalogue import OptionGroupQuerySet, ProductQuerySet
from rest.pagination import refuse_repetition

BRANCH = openapi.Parameter(
    "branch", openapi.IN_QUERY, "The slug of a branch. Without it: the default one.", type=openapi.TYPE_STRING
)


def branch_of(request: Request) -> Branch | None:
    """The branch named by `?branch=slug`, else the default one, else None. Raises a 400 for an unknown slug."""
    refuse_repetition(request.query_params, "branch")
    slug = request.query_params.get("branch")
    branch = facts_of(request).remember(("branch", slug), lambda: _find(slug))
    if branch is None and slug is not None:
        raise ValidationError({"branch": [_("There is no such branch.")]})
    return branch


def products_at(branch: Branch | None, request: Request) -> ProductQuerySet:
    """Read all products as they are at the branch, with their categories. Within a cache generation time changes
    nothing.
    """
    return facts_of(request).remember(
        ("products", branch and branch.pk, get_language()),
        lambda: Product.objects.at_branch(branch, timezone.now()).select_related("category").in_shown_order(),
    )


def groups_at(branch: Branch | None) -> OptionGroupQuerySet:
    """Read all option groups with their options as they are at the branch."""
    return OptionGroup.objects.with_options_at(branch, timezone.now())


def _find(slug: str | None) -> Branch | None:
    if slug is None:
        return Branch.objects.default()
    return Branch.objects.active().filter(slug=slug).first() if "\0" not in slug else None
