"""Opening hours and time zone in the branch's form: at one go, copied, and never by silence."""

from zoneinfo import available_timezones

from django import forms
from django.contrib.admin.widgets import AdminTimeWidget
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from products.hours import overlap
from products.models import Branch, BranchHours, BranchSpecialDay
from products.models.branches import Weekday
from users.backoffice import BackOfficeInline, MergingForm

AT_ONE_GO = ["every_day_opens", "every_day_closes", "hours_of", "is_always_open"]


def timezone_choices() -> list[tuple]:
    """Time zones by continent; those without one, such as UTC, last."""
    groups: dict[str, list] = {}
    for name in sorted(available_timezones(), key=lambda name: ("/" not in name, name)):
        continent = name.partition("/")[0] if "/" in name else gettext_lazy("Others")
        groups.setdefault(continent, []).append((name, name.replace("_", " ")))
    return [("", "---------"), *groups.items()]


class BranchForm(MergingForm):
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=timezone_choices,
        show_hidden_initial=True,
        help_text=gettext_lazy("Opening hours, times of orders and reports are by its clock."),
    )
    every_day_opens = forms.TimeField(label=gettext_lazy("Every day from"), required=False, widget=AdminTimeWidget)
    every_day_closes = forms.TimeField(
        label=gettext_lazy("To"),
        required=False,
        widget=AdminTimeWidget,
        help_text=gettext_lazy("A time at or before the opening is past midnight. It replaces the hours below."),
    )
    hours_of = forms.ModelChoiceField(
        Branch.objects.filter(hours__isnull=False).distinct(),
        label=gettext_lazy("As at"),
        required=False,
        help_text=gettext_lazy("The hours and coming special days of another branch. It replaces the hours below."),
    )
    is_always_open = forms.BooleanField(
        label=gettext_lazy("Always open"), required=False, help_text=gettext_lazy("Around the clock, every day.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        branch = self.instance
        self.was_always_open = not branch._state.adding and not branch.hours.exists()
        self.initial["is_always_open"] = self.was_always_open
        if branch._state.adding:
            self.initial["timezone"] = _zone_of_the_shop()

    def clean(self) -> dict:
        super().clean()
        opens, closes, source = (self.cleaned_data.get(name) for name in AT_ONE_GO[:3])
        if (opens is None) != (closes is None):
            self.add_error("every_day_closes", _("Give both times."))
        ways = [opens is not None, source is not None, self._is_always_open_anew()]
        if sum(ways) > 1:
            self.add_error(None, _("Choose one: the same every day, as at another branch, or always open."))
        self.instance.new_hours = self._new_hours()
        self.instance.may_lack_hours = bool(self.cleaned_data.get("is_always_open"))
        return self.cleaned_data

    def _is_always_open_anew(self) -> bool:
        return bool(self.cleaned_data.get("is_always_open")) and not self.was_always_open

    def _new_hours(self) -> list[dict] | None:
        """Opening hours to replace the rows of the table; None leaves them."""
        opens, closes, source = (self.cleaned_data.get(name) for name in AT_ONE_GO[:3])
        if opens is not None and closes is not None:
            return [{"weekday": day, "opens": opens, "closes": closes} for day in Weekday.values]
        if source is not None:
            return list(source.hours.values("weekday", "opens", "closes"))
        return [] if self._is_always_open_anew() else None


def _zone_of_the_shop() -> str:
    """Its default branch's, where somebody has chosen it; otherwise it is asked for."""
    zone = Branch.objects.default_timezone()
    return "" if zone == "UTC" else zone


class HoursFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.is_valid() and not form.cleaned_data.get("DELETE")]
        new_hours, may_lack_hours = (getattr(self.instance, name, None) for name in ("new_hours", "may_lack_hours"))
        if new_hours is None and not any(rows) and not any(self.errors) and not may_lack_hours:
            raise ValidationError(_("When is it open? Give opening hours, or say that it is always open."))
        if new_hours == [] and any(form.has_changed() for form in self.extra_forms):
            raise ValidationError(_("Either there are opening hours, or it is always open."))
        if new_hours is None and overlap([(row["weekday"], row["opens"], row["closes"]) for row in rows if row]):
            raise ValidationError(_("Opening hours overlap."))


class HoursInline(BackOfficeInline):
    model = BranchHours
    formset = HoursFormSet


class SpecialDayInline(BackOfficeInline):
    model = BranchSpecialDay
