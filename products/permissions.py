from django.utils.translation import gettext as _
from drf_yasg import openapi
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, BasePermission

from products.models import BranchStaff, Position, position_at
from users import tokens

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


def claims_administrator(request) -> bool:
    """Administrators read the catalogue with its translations, so their requests pass the cache by."""
    return tokens.claims_administrator(request.META.get("HTTP_AUTHORIZATION", ""))


class ReadsPublicCatalogue(BasePermission):
    def has_permission(self, request, view) -> bool:
        if request.GET.get("include_inactive", "").lower() not in {"", "true", "1", "false", "0"}:
            raise ValidationError({"include_inactive": [_("Send true or false.")]})
        return reads_public_catalogue(request)


class IsStaffThere(BasePermission):
    """Allow whoever has a position at the `branch` of the view."""

    positions = set(Position)

    def has_permission(self, request, view) -> bool:
        return request.user.is_authenticated and position_at(request.user, view.branch) in self.positions


class IsManagerThere(IsStaffThere):
    positions = {Position.MANAGER}


class WorksOnBranchProducts(BasePermission):
    """Managers set prices, listing and stock at their branches; baristas look, and book what comes and goes."""

    of_managers = {"create", "update", "partial_update"}

    def has_permission(self, request, view) -> bool:
        user = request.user
        if not user.is_authenticated or user.is_admin:
            return user.is_authenticated
        positions = BranchStaff.objects.held_by(user)
        return (positions.filter(position=Position.MANAGER) if view.action == "create" else positions).exists()

    def has_object_permission(self, request, view, row) -> bool:
        return view.action not in self.of_managers or position_at(request.user, row.branch) == Position.MANAGER
