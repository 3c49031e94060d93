"""Base classes of the back office's forms, admins and inlines, for all apps."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import BadRequest, ValidationError
from django.db import connection, models, transaction
from django.db.models import Manager, QuerySet
from django.forms import BaseInlineFormSet, BoundField
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext as _

MAX_WORDS = 10  # of a search: each is looked for in every column of every row
SUFFIXES = ("exact", "isnull", "isempty", "gte", "lt", "id__exact")  # of what Django's list filters ask for
DATES = {"year": range(2, 9999), "month": range(1, 13), "day": range(1, 32)}


class MergingForm(forms.ModelForm):
    """Three-way merge: the page remembers what it showed. A field that was left alone is as it is by now, and one that
    somebody else has changed meanwhile, too, is refused in words.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.is_bound and not any(self._is_remembered(self[name]) for name in self.fields):
            for field in self.fields.values():  # sent by a program, not by a page
                field.show_hidden_initial = False
        self._bound_fields_cache.clear()  # formsets exchange a field after this: the one that leads to their page

    def clean(self) -> dict:
        super().clean()
        for name, value in self.cleaned_data.items():
            self.cleaned_data[name] = _composed(value)  # as the API stores texts, or searches miss them
        if not self.instance._state.adding:
            for bound in self._remembered():
                self._merge(bound)
        return self.cleaned_data

    def _remembered(self) -> Iterator[BoundField]:
        columns = {field.name for field in (*self._meta.model._meta.fields, *self._meta.model._meta.many_to_many)}
        for name, field in self.fields.items():
            if field.show_hidden_initial and name in self.cleaned_data and name in columns:
                yield self[name]

    def _merge(self, bound: BoundField) -> None:
        current = getattr(self.instance, bound.name)
        if bound.name not in self.changed_data:
            self.cleaned_data[bound.name] = list(current.all()) if isinstance(current, Manager) else current
        elif self._differs(bound, self._shown(bound)) and self._differs(bound, bound.data):
            text = _("Somebody else has changed this meanwhile: it is “%s” now. Load the page again to change it.")
            self.add_error(bound.name, text % _worded(current))

    def _differs(self, bound: BoundField, value: Any) -> bool:
        """From what is stored now."""
        return bound.field.has_changed(bound.initial, value)

    def _shown(self, bound: BoundField) -> Any:
        return self._widget_data_value(bound.field.hidden_widget(), bound.html_initial_name)

    def _is_remembered(self, bound: BoundField) -> bool:
        hidden = bound.field.hidden_widget()
        return not hidden.value_omitted_from_data(self.data, self.files, bound.html_initial_name)


class RowForm(MergingForm):
    """A row of a table: its inputs are named by their column and the row, as there is no label beside them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.name_inputs()

    def name_inputs(self) -> None:
        for field in self.fields.values():
            widget = getattr(field.widget, "widget", field.widget)  # within what adds buttons to it
            widget.attrs = {**widget.attrs, "aria-label": _lazy_name(field.label, self.instance)}


def _name_of_input(label: str | None, row: models.Model) -> str:
    return capfirst(label or "") if row._state.adding else f"{capfirst(label or '')}: {row}"


_lazy_name = lazy(_name_of_input, str)  # only pages that are shown need to know what a row is called


def _composed(value: Any) -> Any:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _worded(value: object) -> str:
    text = ", ".join(map(str, value.all())) if isinstance(value, Manager) else "" if value is None else str(value)
    return text or "–"


class WholeNumberField(forms.IntegerField):
    """A number in the form that the API takes, where Django would also read 1_0 and other scripts' digits."""

    pattern = re.compile(r"-?[0-9]+")

    def to_python(self, value):
        if value not in self.empty_values and not self.pattern.fullmatch(str(value).strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class RememberingMixin:
    """Optimistic locking of pages and inlines: every field sends along what it showed. The rows are locked while a form
    is saved.
    """

    form = MergingForm

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **options):
        strict = {"form_class": WholeNumberField} if isinstance(db_field, models.IntegerField) else {}
        options = {**strict, "show_hidden_initial": True, **options}
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(field.widget, AdminSplitDateTime):
            for part, name in zip(field.widget.widgets, (_("Date"), _("Time")), strict=True):
                part.attrs["aria-label"] = f"{capfirst(field.label)}: {name}"
        return field


class BackOfficeAdmin(RememberingMixin, admin.ModelAdmin):
    """Saves what was changed in the form and nothing else, and asks the database only what its lists offer."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None):
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        list(_locked(type(found)._base_manager.filter(pk=found.pk)))
        return super().get_object(request, object_id, from_field)

    def get_changelist_form(self, request: HttpRequest, **options) -> type[forms.ModelForm]:
        return super().get_changelist_form(request, **{"form": RowForm, **options})

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):
        if "_save" not in request.POST:  # actions have transactions of their own
            return super().changelist_view(request, extra_context)
        with transaction.atomic():
            return super().changelist_view(request, extra_context)

    def response_action(self, request: HttpRequest, queryset: QuerySet):
        try:
            for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(chosen)
        except ValidationError as error:
            raise BadRequest("Nothing has such an id.") from error
        return super().response_action(request, queryset)

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> QuerySet:
        rows = super()._get_list_editable_queryset(request, prefix)
        return _locked(rows) if connection.in_atomic_block else rows

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only the lookups of list filters and the date bar. Any other tells what no page shows, letter by
        letter.
        """
        paths = [path[0] if isinstance(path, tuple) else path for path in self.get_list_filter(request)]
        if lookup in {getattr(path, "parameter_name", None) for path in paths}:
            return True
        if lookup in {f"{path}__{suffix}" for path in paths for suffix in SUFFIXES}:
            return True
        column, _separator, part = lookup.rpartition("__")
        is_number = value.isascii() and value.isdecimal() and len(value) < 5
        return bool(column) and column == self.date_hierarchy and is_number and int(value) in DATES.get(part, ())

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if not self.get_search_fields(request) or len(search_term.split()) <= MAX_WORDS:
            return self.find(request, queryset, _composed(search_term))
        if not request.path.endswith("/autocomplete/"):
            self.message_user(request, _("Search for at most %d words.") % MAX_WORDS, messages.WARNING)
        return queryset.none(), False

    def find(self, request: HttpRequest, rows: QuerySet, words: str) -> tuple[QuerySet, bool]:
        """Search for all of the words, which are few and of composed characters."""
        return super().get_search_results(request, rows, words)


class NamingMixin:
    """Accessible names in formsets: for the box for deleting, too, which they add to each row."""

    def add_fields(self, form: RowForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.name_inputs()


class BackOfficeInline(RememberingMixin, admin.TabularInline):
    """The same for rows on the page of what they belong to."""

    form = RowForm
    extra = 0

    def get_formset(self, request: HttpRequest, obj: models.Model | None = None, **options) -> type[BaseInlineFormSet]:
        formset = super().get_formset(request, obj, **options)
        return type(formset.__name__, (NamingMixin, formset), {})

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return _locked(rows) if request.method == "POST" and connection.in_atomic_block else rows


def _locked(rows: QuerySet) -> QuerySet:
    """Lock the rows in primary-key order, as everywhere."""
    return rows.order_by("pk").select_for_update(of=("self",), no_key=True)


class KeptAdmin(BackOfficeAdmin):
    """Rows come into being elsewhere, and are not deleted behind the rules."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


class OwnBelongingsMixin:
    """Deletion with cascades: whoever may delete a row may delete what goes with it, though that has a page where
    nothing is deleted.
    """

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        deleted, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected


class ReadOnlyAdmin(KeptAdmin):
    """Admin without changes, for rows that record what happened."""

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
