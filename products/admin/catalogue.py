from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError as FormError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from rest_framework.exceptions import APIException

from products.admin.copying import CopyableMixin
from products.admin.exchange import ExchangeMixin
from products.admin.money import AMOUNTS
from products.admin.pricing import PricesMixin
from products.admin.stoplist import StopListInline
from products.admin.translations import TranslatedAdminMixin
from products.copying import copy_product
from products.images import redrawn, remove_image, set_image
from products.models import BranchProduct, Category, Option, OptionGroup, Product
from products.models.catalogue import ProductQuerySet
from products.services import TOO_FEW_OPTIONS, delete_branch_product, delete_product, list_products, sell_out
from products.stock import save_branch_product
from users.backoffice import BackOfficeAdmin, BackOfficeInline, MergingForm, OwnBelongingsMixin


@admin.register(Category)
class CategoryAdmin(TranslatedAdminMixin, BackOfficeAdmin):
    list_display = ["name", "position", "slug"]
    list_editable = ["position"]
    search_fields = ["name"]


class OptionFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        left = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if len([form for form in left if not form.cleaned_data.get("DELETE")]) < (self.instance.min_choices or 0):
            raise FormError(TOO_FEW_OPTIONS)


class OptionInline(TranslatedAdminMixin, BackOfficeInline):
    model = Option
    formset = OptionFormSet
    formfield_overrides = AMOUNTS
    fields = ["name", "translations", "price_delta", "is_active", "position"]


@admin.register(OptionGroup)
class OptionGroupAdmin(TranslatedAdminMixin, BackOfficeAdmin):
    list_display = ["name", "min_choices", "max_choices"]
    search_fields = ["name"]
    inlines = [OptionInline]


@admin.register(Option)
class OptionAdmin(TranslatedAdminMixin, BackOfficeAdmin):
    formfield_overrides = AMOUNTS
    list_display = ["name", "group", "price_delta", "is_active", "position"]
    list_editable = ["price_delta", "is_active", "position"]
    list_filter = ["group"]
    list_select_related = ["group"]
    search_fields = ["name"]
    filter_horizontal = ["ingredients"]


class ProductForm(MergingForm):
    picture = forms.FileField(
        label=_("new picture"), required=False, help_text=_("PNG, JPEG or WebP, at most 5 MiB. It is drawn anew.")
    )
    without_picture = forms.BooleanField(label=_("without a picture"), required=False)

    def clean_picture(self):
        """Refused here by what the API refuses."""
        picture = self.cleaned_data["picture"]
        if picture is not None:
            try:
                redrawn(picture)
            except APIException as error:
                raise FormError(str(error.detail["image"][0] if isinstance(error.detail, dict) else error)) from error
            picture.seek(0)
        return picture


class BranchProductInline(BackOfficeInline):
    model = BranchProduct
    formfield_overrides = AMOUNTS
    fields = ["branch", "is_listed", "price", "stock", "low_stock_threshold"]


@admin.register(Product)
class ProductAdmin(
    ExchangeMixin, PricesMixin, CopyableMixin, TranslatedAdminMixin, OwnBelongingsMixin, BackOfficeAdmin
):
    form = ProductForm
    formfield_overrides = AMOUNTS
    list_display = ["thumbnail", "name", "category", "position", "price", "is_active"]
    list_display_links = ["name"]
    list_editable = ["position", "price", "is_active"]
    ordering = ["category__position", "category__name", "category", "position", "name", "pk"]
    list_filter = ["is_active", "category", "branch_products__branch"]
    list_select_related = ["category"]
    search_fields = ["name", "description", "translations__ru__name"]
    filter_horizontal = ["option_groups", "ingredients"]
    readonly_fields = ["thumbnail"]
    fields = [
        "name", "slug", "category", "position", "price", "prep_seconds", "is_active", "description", "translations",
        "thumbnail", "picture", "without_picture", "option_groups", "ingredients",
    ]  # fmt: skip
    inlines = [BranchProductInline, StopListInline]
    actions = ["sell_out_today", "list", "unlist", "change_prices", "copy_chosen"]
    copy_row = copy_product
    copied_along = _(
        "Description, price, category, option groups and ingredients come along; the picture and what branches do "
        "differently do not. It is not on the menu until you switch it on."
    )

    @admin.display(description=_("picture"))
    def thumbnail(self, product: Product) -> str:
        if not product.image:
            return "–"
        return format_html('<img src="{}" alt="" height="40">', product.image.url)

    @admin.action(description=_("Sold out today, at every branch"))
    def sell_out_today(self, request: HttpRequest, products: ProductQuerySet) -> None:
        sell_out(products=products, by=request.user)
        self._tell(request, len(products))

    @admin.action(description=_("Put on the menu"))
    def list(self, request: HttpRequest, products: ProductQuerySet) -> None:
        self._tell(request, list_products(products=products, is_active=True))

    @admin.action(description=_("Take off the menu"))
    def unlist(self, request: HttpRequest, products: ProductQuerySet) -> None:
        self._tell(request, list_products(products=products, is_active=False))

    def _tell(self, request: HttpRequest, number: int) -> None:
        changed = ngettext("%(number)d product was changed.", "%(number)d products were changed.", number)
        self.message_user(request, changed % {"number": number}, messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Product, form: ProductForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("picture"):
            set_image(product_id=obj.pk, upload=form.cleaned_data["picture"])
        elif form.cleaned_data.get("without_picture"):
            remove_image(product_id=obj.pk)

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        delete_product(product=obj)

    def delete_queryset(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        for product in queryset:
            delete_product(product=product)

    def save_formset(self, request: HttpRequest, form: ProductForm, formset, change: bool) -> None:
        """Save the rows of branches through the services, the one place that books stock."""
        if formset.model is not BranchProduct:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        for row in formset.deleted_objects:
            delete_branch_product(row=row)
        for row in formset.new_objects:
            save_branch_product(row, changed=[], by=request.user)
        for row, changed in formset.changed_objects:
            save_branch_product(row, changed=changed, by=request.user)
