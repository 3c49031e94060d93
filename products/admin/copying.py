"""The button and the form by which a branch or a product is copied."""

from collections.abc import Callable

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import CharField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from products.admin.translations import LANGUAGE_NAMES
from products.models.translations import TranslatedModel


class CopyForm(forms.Form):
    """A name, also in the languages that the original is translated into, and a slug."""

    def __init__(self, *args, source: TranslatedModel, **kwargs):
        super().__init__(*args, **kwargs)
        self.model, self.languages = type(source), list(source.translations)
        name, slug = (self.model._meta.get_field(field) for field in ("name", "slug"))
        self.fields["name"] = _input(name, initial=_("%s, copy") % source.name)
        for code in self.languages:
            label = capfirst(f"{LANGUAGE_NAMES[code]}, {name.verbose_name}")
            shown = source.translations[code]["name"]
            self.fields[f"name_{code}"] = _input(name, label=label, required=False, initial=shown)
        self.fields["slug"] = _input(slug, required=False, help_text=_("Left empty, it is made of the name."))

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if slug and self.model.objects.filter(slug=slug).exists():
            raise ValidationError(_("This slug is taken."))
        return slug

    @property
    def names(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"name_{code}"] for code in self.languages}


def _input(field: CharField, **options) -> forms.Field:
    """Held to what the model's own field may be, too."""
    widget = forms.TextInput(attrs={"class": "vTextField"})
    return field.formfield(validators=field.validators, widget=widget, **options)


class CopyableMixin:
    """Action that copies a row by `copy_row`, a service; `copied_along` says what comes along."""

    change_form_template = "products/admin/copyable_form.html"
    copy_row: Callable[..., Model]
    copied_along = ""

    def get_urls(self) -> list:
        name = f"{self.opts.app_label}_{self.opts.model_name}_copy"
        return [path("<path:object_id>/copy/", self.admin_site.admin_view(self.copy), name=name), *super().get_urls()]

    @admin.action(description=gettext_lazy("Copy…"))
    def copy_chosen(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        if rows.count() == 1:
            return redirect(self._address("copy", rows.get()))
        self.message_user(request, _("Choose one to copy."), messages.WARNING)
        return None

    def copy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.get_object(request, object_id)
        if source is None:
            raise Http404
        form = CopyForm(request.POST if request.method == "POST" else None, source=source)
        if form.is_bound and form.is_valid():
            return self._copied(request, source, form)
        shown = {"form": form, "original": source, "copied_along": self.copied_along, "opts": self.opts}
        context = {**self.admin_site.each_context(request), "title": _("Copy “%s”") % source, **shown}
        return TemplateResponse(request, "products/admin/copy.html", context)

    def _copied(self, request: HttpRequest, source: Model, form: CopyForm) -> HttpResponse:
        values = {"name": form.cleaned_data["name"], "slug": form.cleaned_data["slug"], "names": form.names}
        copy = type(self).copy_row(**{self.opts.model_name: source}, **values)
        self.log_addition(request, copy, [{"added": {}}])
        self.message_user(request, _("“%s” was made. Look it through, then switch it on.") % copy, messages.SUCCESS)
        return redirect(self._address("change", copy))

    def _address(self, page: str, row: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[row.pk])
