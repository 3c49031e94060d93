"""The pages on which the menu goes out as a file and comes in again."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from products.exceptions import CatalogueMoved
from products.exchange.cells import clean
from products.exchange.plan import Plan
from products.exchange.reading import MAX_FILE, MAX_ROWS
from products.exchange.services import import_menu, keep_file, read_plan
from products.exchange.sheets import SHEETS
from products.exchange.shop import Shop
from products.exchange.writing import as_csv, as_xlsx
from products.models import MenuImport
from rest.fields import id_from

KINDS: dict[str, tuple[str, Callable]] = {"xlsx": ("xlsx", as_xlsx), "csv": ("zip", as_csv)}
MOST_SHOWN = 500  # rows of one sheet, and wrong cells
PAGE = "admin:products_product_exchange"


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.zip"}),
        help_text=gettext_lazy("An .xlsx, a .csv named after its sheet, or a .zip of such; at most 5 MiB."),
    )

    plan: Plan
    content: bytes

    def clean_file(self) -> UploadedFile:
        """Read and compared here, so that whatever is wrong with the file is told beside it."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise ValidationError(_("The file is larger than %d MiB.") % (MAX_FILE // 1024**2))
        self.content = file.read()
        self.plan = read_plan(self.content, file.name)
        return file


class ExchangeMixin:
    """Links from the list of products to import and export."""

    change_list_template = "products/admin/product_list.html"

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("exchange/", view(self.exchange), name="products_product_exchange"),
            path("exchange/export/", view(require_GET(self.export)), name="products_product_export"),
            path("exchange/<object_id>/", view(self.preview), name="products_product_preview"),
            *super().get_urls(),
        ]

    def exchange(self, request: HttpRequest) -> HttpResponse:
        """Page of export and import; a file without a mistake goes on to its preview."""
        form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
        plan = form.plan if form.is_bound and form.is_valid() else None
        if plan and not plan.problems:
            kept = keep_file(content=form.content, name=_name(form.cleaned_data["file"]), by=request.user)
            return redirect("admin:products_product_preview", kept.pk)
        problems = plan.problems if plan else []
        shown = {"form": form, "problems": problems[:MOST_SHOWN], "more": len(problems[MOST_SHOWN:]), "sheets": SHEETS}
        return self._page(request, "page", _("The menu as a file"), most_rows=MAX_ROWS, **shown)

    def export(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("as") not in KINDS:
            raise Http404
        ending, write = KINDS[request.GET["as"]]
        content, content_type = write(Shop())
        name = f"menu-{timezone.localdate():%Y-%m-%d}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=content_type, headers=headers)

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Preview of an import; sent back with the digest of what was seen, it is carried out."""
        kept = MenuImport.objects.filter(pk=id_from(object_id) or 0, by=request.user).first()
        if kept is None:
            return self._gone(request)
        if request.method == "POST":
            return self._confirm(request, kept)
        plan = read_plan(bytes(kept.content), kept.name)
        shown = {"kept": kept, "plan": plan, "problems": plan.problems[:MOST_SHOWN], "most": MOST_SHOWN}
        return self._page(request, "preview", _("What would change"), more=len(plan.problems[MOST_SHOWN:]), **shown)

    def _confirm(self, request: HttpRequest, kept: MenuImport) -> HttpResponse:
        if "give_up" in request.POST:
            kept.delete()
            return redirect(PAGE)
        try:
            plan = import_menu(file_id=kept.pk, digest=request.POST.get("digest", ""), by=request.user)
        except MenuImport.DoesNotExist:
            return self._gone(request)
        except CatalogueMoved:
            text = _("The menu has been changed meanwhile, so nothing was written. This is what would change now.")
            self.message_user(request, text, messages.WARNING)
            return redirect("admin:products_product_preview", kept.pk)
        self._log(request, plan, kept.name)
        return redirect("admin:products_product_changelist")

    def _log(self, request: HttpRequest, plan: Plan, name: str) -> None:
        added = [one.row for sheet in plan.sheets for one in sheet.added]
        changed = [one.row for sheet in plan.sheets for one in sheet.changed]
        for rows, kind in ((added, ADDITION), (changed, CHANGE)):
            if rows:
                LogEntry.objects.log_actions(request.user.pk, rows, kind, [{"changed": {"fields": [name]}}])
        texts = (
            ngettext("%d row was added", "%d rows were added", len(added)) % len(added),
            ngettext("%d row was changed", "%d rows were changed", len(changed)) % len(changed),
        )
        self.message_user(request, f"{', '.join(texts)}: {name}", messages.SUCCESS)

    def _gone(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, _("This file was written already, or given up. Send it again."), messages.WARNING)
        return redirect(PAGE)

    def _page(self, request: HttpRequest, name: str, title: str, **shown) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **shown}
        return TemplateResponse(request, f"products/admin/exchange/{name}.html", context)


def _name(file: UploadedFile) -> str:
    return clean(file.name.encode("utf-8", "replace").decode())
