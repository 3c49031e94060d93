from rest_framework.permissions import SAFE_METHODS, BasePermission


class IsAdmin(BasePermission):
    """The shop's administrators, by `user.is_admin`."""

    def has_permission(self, request, view) -> bool:
        return request.user.is_authenticated and request.user.is_admin


class ReadOnly(BasePermission):
    def has_permission(self, request, view) -> bool:
        return request.method in SAFE_METHODS
