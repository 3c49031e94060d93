from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from users.models import CustomUser, IdempotencyRecord, TokenFamily


@admin.register(CustomUser)
class CustomUserAdmin(UserAdmin):
    list_display = ["username", "email", "role", "is_verified", "is_active", "date_joined"]
    list_filter = ["role", "is_verified", "is_active", "language"]
    search_fields = ["username", "email", "first_name", "last_name"]
    filter_horizontal = []
    readonly_fields = ["role", "is_active", "last_login", "date_joined", "pending_email"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email", "pending_email", "language"]}),
        (_("Permissions"), {"fields": ["role", "is_verified", "is_active"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "email", "usable_password", "password1", "password2"]}),
    ]


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows the system keeps for itself: to look at, and to delete where `can_delete`."""

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(TokenFamily)
class TokenFamilyAdmin(ReadOnlyAdmin):
    list_display = ["user", "created_at", "rotated_at", "expires_at"]
    search_fields = ["user__username"]
    list_select_related = ["user"]
    fields = ["user", "created_at", "rotated_at", "expires_at"]


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    list_display = ["user", "operation", "key", "status", "created_at"]
    search_fields = ["user__username", "key"]
    list_select_related = ["user"]
    fields = ["user", "operation", "key", "status", "created_at"]
