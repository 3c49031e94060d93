from functools import partial

from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext_lazy as _

from products.admin.booking import book_stock
from products.admin.moments import at_branch
from products.admin.money import AMOUNTS
from products.admin.stoplist import end_of_stop
from products.models import BranchProduct, StockMovement
from products.models.stock import BranchProductQuerySet
from products.services import delete_branch_product, sell_out_rows, set_rows
from products.stock import save_branch_product
from users.backoffice import BackOfficeAdmin, OwnBelongingsMixin, ReadOnlyAdmin

BOOKED = at_branch("created_at", _("booked"), path="branch_product__branch")


class LowStockFilter(admin.SimpleListFilter):
    title = _("low stock")
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("To be refilled"))]

    def queryset(self, request: HttpRequest, rows: BranchProductQuerySet) -> BranchProductQuerySet:
        return rows.low() if self.value() == "yes" else rows


@admin.register(BranchProduct)
class BranchProductAdmin(OwnBelongingsMixin, BackOfficeAdmin):
    formfield_overrides = AMOUNTS
    list_display = ["product", "branch", "is_listed", "price", "stock", "low_stock_threshold", "sold_out"]
    list_editable = ["is_listed", "price", "stock", "low_stock_threshold"]
    list_filter = [LowStockFilter, "branch", "is_listed", ("stock", admin.EmptyFieldListFilter)]
    list_select_related = ["product", "branch"]
    search_fields = ["product__name"]
    autocomplete_fields = ["product", "branch"]
    actions = ["sell_out_today", "end_sold_out", "list", "unlist"]

    def get_urls(self) -> list:
        book = self.admin_site.admin_view(partial(book_stock, self.admin_site))
        return [path("book/", book, name="products_book_stock"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> BranchProductQuerySet:
        return super().get_queryset(request).with_sold_out_until()

    @admin.display(description=_("sold out until"))
    def sold_out(self, row: BranchProduct) -> str:
        return end_of_stop(row.sold_out_until, row.branch)

    def save_model(self, request: HttpRequest, obj: BranchProduct, form, change: bool) -> None:
        save_branch_product(obj, changed=form.changed_data, by=request.user)

    def delete_model(self, request: HttpRequest, obj: BranchProduct) -> None:
        delete_branch_product(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: BranchProductQuerySet) -> None:
        for row in queryset:
            delete_branch_product(row=row)

    @admin.action(description=_("Sold out today"))
    def sell_out_today(self, request: HttpRequest, rows: BranchProductQuerySet) -> None:
        sell_out_rows(rows=rows, by=request.user)

    @admin.action(description=_("Not sold out any more"))
    def end_sold_out(self, request: HttpRequest, rows: BranchProductQuerySet) -> None:
        set_rows(rows=rows, by=request.user, sold_out_until=None)

    @admin.action(description=_("List there"))
    def list(self, request: HttpRequest, rows: BranchProductQuerySet) -> None:
        set_rows(rows=rows, by=request.user, is_listed=True)

    @admin.action(description=_("Do not list there"))
    def unlist(self, request: HttpRequest, rows: BranchProductQuerySet) -> None:
        set_rows(rows=rows, by=request.user, is_listed=False)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ["branch_product", "change", "reason", "order_id", "by", BOOKED]
    list_filter = ["reason", "branch_product__branch"]
    list_select_related = ["branch_product__product", "branch_product__branch", "by"]
    exclude = ["created_at"]
    readonly_fields = [BOOKED]
