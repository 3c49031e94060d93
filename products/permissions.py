from django.utils.translation import gettext as _
from drf_yasg import openapi
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission

INCLUDE_INACTIVE = openapi.Parameter(
    "include_inactive",
    openapi.IN_QUERY,
    "Administrators: also what is not on the menu. 401 or 403 for others.",
    type=openapi.TYPE_BOOLEAN,
    allowEmptyValue=True,
)


def asks_for_inactive(request) -> bool:
    return request.GET.get("include_inactive", "").lower() in {"true", "1"}


def reads_public_catalogue(request) -> bool:
    """The price list is public: reading it needs no token, and an expired one does not get in its way."""
    return request.method in SAFE_METHODS and not asks_for_inactive(request)


class ReadsPublicCatalogue(BasePermission):
    def has_permission(self, request, view) -> bool:
        if request.GET.get("include_inactive", "").lower() not in {"", "true", "1", "false", "0"}:
            raise ValidationError({"include_inactive": [_("Send true or false.")]})
        return reads_public_catalogue(request)
