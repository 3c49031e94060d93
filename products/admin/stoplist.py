from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from products.admin.moments import local_time
from products.admin.translations import TranslatedAdminMixin
from products.models import Branch, Ingredient, StopListEntry
from products.models.stoplist import ENDLESS
from users.backoffice import BackOfficeAdmin, BackOfficeInline


def end_of_stop(until: datetime | None, branch: Branch) -> str:
    """End of an entry in the branch's own time; nothing once it is over."""
    if until is None or until <= timezone.now():
        return ""
    return _("until it is taken off") if until == ENDLESS else local_time(until, branch)


class StopListInline(BackOfficeInline):
    """Inline of stop-list entries."""

    model = StopListEntry
    fields = ["branch", "until"]


@admin.register(Ingredient)
class IngredientAdmin(TranslatedAdminMixin, BackOfficeAdmin):
    list_display = ["name"]
    search_fields = ["name"]
    inlines = [StopListInline]


@admin.register(StopListEntry)
class StopListEntryAdmin(BackOfficeAdmin):
    """Stop-list entries, past ones too. In the API it is the stop-list of the branch."""

    list_display = ["stopped", "branch", "end", "by"]
    list_filter = ["branch"]
    list_select_related = ["branch", "product", "option", "ingredient", "by"]
    search_fields = ["product__name", "option__name", "ingredient__name"]
    fields = ["branch", "product", "option", "ingredient", "until"]
    autocomplete_fields = ["branch", "product", "option", "ingredient"]

    @admin.display(description=gettext_lazy("until"))
    def end(self, entry: StopListEntry) -> str:
        return end_of_stop(entry.until or ENDLESS, entry.branch)

    @admin.display(description=gettext_lazy("what is out"))
    def stopped(self, entry: StopListEntry) -> str:
        return str(entry.stopped)

    def save_model(self, request: HttpRequest, obj: StopListEntry, form, change: bool) -> None:
        obj.by = request.user
        super().save_model(request, obj, form, change)
