import csv

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from promotions.generator import MAX_NUMBER, generate_codes
from promotions.models import PromoCode, Redemption, StampCard, StampEntry, StampProgramme
from users.backoffice import BackOfficeAdmin, ReadOnlyAdmin


class GeneratorForm(ActionForm):
    number = forms.IntegerField(
        label=_("How many"),
        required=False,
        initial=100,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_NUMBER)],
    )


class PromoCodeForm(forms.ModelForm):
    def clean_code(self) -> str:
        code = self.cleaned_data["code"]
        if PromoCode.objects.same_as(code, but=self.instance).exists():
            raise forms.ValidationError(_("There is such a code already."))
        return code


@admin.register(PromoCode)
class PromoCodeAdmin(BackOfficeAdmin):
    """Codes with their use. From one that says what it is good for, the action makes many that are good once."""

    list_display = ["code", "kind", "value", "ends_at", "is_active", "times_used", "limit_total"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code"]
    autocomplete_fields = ["branches", "categories"]
    readonly_fields = ["times_used"]
    form = PromoCodeForm
    action_form = GeneratorForm
    actions = ["generate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).with_uses()

    @admin.display(description=_("times used"), ordering="times_used")
    def times_used(self, code: PromoCode) -> int:
        return getattr(code, "times_used", 0)

    @admin.action(description=_("Make single-use codes like this, as CSV"))
    def generate(self, request: HttpRequest, codes: QuerySet) -> HttpResponse | None:
        form = GeneratorForm(request.POST)
        form.fields["action"].choices = self.get_action_choices(request)
        template = codes.first()
        if not form.is_valid() or codes.count() != 1 or not form.cleaned_data["number"]:
            text = _("Choose one code, and how many to make: 1 to %d.") % MAX_NUMBER
            self.message_user(request, text, level="ERROR")
            return None
        made = generate_codes(template=template, number=form.cleaned_data["number"])
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="codes.csv"'
        csv.writer(response).writerows([["code"], *([code.code] for code in made)])
        return response


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    list_display = ["code", "user", "order_id", "amount", "created_at", "returned_at"]
    list_select_related = ["code", "user"]
    search_fields = ["code__code", "user__username", "=order_id"]


@admin.register(StampProgramme)
class StampProgrammeAdmin(BackOfficeAdmin):
    list_display = ["__str__", "is_active", "stamps_needed", "max_price"]
    autocomplete_fields = ["categories"]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):
        StampProgramme.objects.current()  # there is always one to change
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(StampCard)
class StampCardAdmin(ReadOnlyAdmin):
    list_display = ["user", "stamps", "rewards"]
    list_select_related = ["user"]
    search_fields = ["user__username"]


@admin.register(StampEntry)
class StampEntryAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "stamps", "rewards", "order_id", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["user"]
    search_fields = ["user__username", "=order_id"]
