from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from products.admin.copying import CopyableMixin
from products.admin.hours import AT_ONE_GO, BranchForm, HoursInline, SpecialDayInline
from products.admin.translations import TranslatedAdminMixin
from products.copying import copy_branch
from products.hours import is_open, week_in_words
from products.models import Branch, BranchStaff
from products.services import copy_special_days, set_opening_times
from users.admin import CustomUserAdmin
from users.backoffice import BackOfficeAdmin, BackOfficeInline, OwnBelongingsMixin

FIRST = ["name", "translations", "slug", "timezone", "language", "is_active", "is_default"]
BAR = ["baristas", "paused_until"]


class StaffInline(BackOfficeInline):
    model = BranchStaff
    autocomplete_fields = ["user"]


@admin.register(Branch)
class BranchAdmin(CopyableMixin, TranslatedAdminMixin, OwnBelongingsMixin, BackOfficeAdmin):
    form = BranchForm
    list_display = ["name", "hours_in_words", "is_open_now", "timezone", "address", "is_active", "is_default"]
    list_editable = ["is_active"]
    search_fields = ["name", "address"]
    actions = ["copy_chosen"]
    copy_row = copy_branch
    copied_along = _(
        "Hours, special days to come, time zone, language, and what is sold at which price come along; staff, orders, "
        "address and stock do not. What is counted is sold out there until a delivery is booked. "
        "It is not in business until you switch it on."
    )
    inlines = [HoursInline, SpecialDayInline, StaffInline]

    def get_fieldsets(self, request: HttpRequest, obj: Branch | None = None) -> list:
        """Fieldsets: needed ones first; hours last, before their table. A new field comes with the place."""
        others = [name for name in self.get_fields(request, obj) if name not in {*FIRST, *BAR, *AT_ONE_GO}]
        return [
            (None, {"fields": FIRST}),
            (_("Where it is"), {"fields": others}),
            (_("At the bar"), {"fields": BAR}),
            (_("Opening hours at one go"), {"fields": [tuple(AT_ONE_GO[:2]), *AT_ONE_GO[2:]]}),
        ]

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("hours", "special_days")

    @admin.display(description=_("open now"), boolean=True)
    def is_open_now(self, branch: Branch) -> bool:
        return is_open(branch, timezone.now())

    @admin.display(description=_("opening hours"))
    def hours_in_words(self, branch: Branch) -> str:
        return week_in_words(branch.hours.all())

    def save_related(self, request: HttpRequest, form: BranchForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        new_hours = getattr(form.instance, "new_hours", None)  # rows of the list have none
        if new_hours is not None:
            set_opening_times(branch=form.instance, hours=new_hours)
        if source := form.cleaned_data.get("hours_of"):
            copy_special_days(branch=form.instance, source=source)


class PositionInline(BackOfficeInline):
    """Inline of positions, on a person's own page and on that of their invitation."""

    model = BranchStaff


CustomUserAdmin.inlines = [*CustomUserAdmin.inlines, PositionInline]  # users may not know branches
