"""What the back office's pages of all apps are made of."""

from django.contrib import admin
from django.http import HttpRequest


class KeptAdmin(admin.ModelAdmin):
    """Rows come into being elsewhere, and are not deleted behind the rules."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class OwnBelongingsMixin:
    """Whoever may delete a row may delete what goes with it, though that has a page where nothing is deleted."""

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        deleted, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected


class ReadOnlyAdmin(KeptAdmin):
    """What happened is looked at here and changed nowhere."""

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    """The same for rows on the page of what they belong to. They are listed in `readonly_fields`."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
