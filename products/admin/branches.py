from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from products.admin.translations import TranslatedAdminMixin
from products.hours import is_open, overlap
from products.models import Branch, BranchHours, BranchSpecialDay, BranchStaff
from users.backoffice import BackOfficeAdmin, BackOfficeInline, OwnBelongingsMixin


class HoursFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        if overlap([(row["weekday"], row["opens"], row["closes"]) for row in rows if row]):
            raise ValidationError(_("Opening hours overlap."))


class HoursInline(BackOfficeInline):
    model = BranchHours
    formset = HoursFormSet


class SpecialDayInline(BackOfficeInline):
    model = BranchSpecialDay


class StaffInline(BackOfficeInline):
    model = BranchStaff
    autocomplete_fields = ["user"]


@admin.register(Branch)
class BranchAdmin(TranslatedAdminMixin, OwnBelongingsMixin, BackOfficeAdmin):
    list_display = ["name", "slug", "address", "timezone", "is_open_now", "is_active", "is_default"]
    list_editable = ["is_active"]
    search_fields = ["name", "address"]
    inlines = [StaffInline, HoursInline, SpecialDayInline]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("hours", "special_days")

    @admin.display(description=_("open now"), boolean=True)
    def is_open_now(self, branch: Branch) -> bool:
        return is_open(branch, timezone.now())
