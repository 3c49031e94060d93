from django.contrib import admin

from products.models import (
    Branch,
    BranchHours,
    BranchProduct,
    BranchSpecialDay,
    Category,
    Option,
    OptionGroup,
    Product,
    StockMovement,
)
from products.stock import save_branch_product
from users.backoffice import ReadOnlyAdmin


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    search_fields = ["name"]


class OptionInline(admin.TabularInline):
    model = Option
    extra = 0


@admin.register(OptionGroup)
class OptionGroupAdmin(admin.ModelAdmin):
    list_display = ["name", "min_choices", "max_choices"]
    search_fields = ["name"]
    inlines = [OptionInline]


@admin.register(Option)
class OptionAdmin(admin.ModelAdmin):
    list_display = ["name", "group", "price_delta", "is_active"]
    list_editable = ["price_delta", "is_active"]
    list_filter = ["group"]
    list_select_related = ["group"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "category", "price", "is_active"]
    list_editable = ["price", "is_active"]
    list_filter = ["category", "is_active"]
    list_select_related = ["category"]
    search_fields = ["name", "description"]
    filter_horizontal = ["option_groups"]
    readonly_fields = ["image"]


class HoursInline(admin.TabularInline):
    model = BranchHours
    extra = 0


class SpecialDayInline(admin.TabularInline):
    model = BranchSpecialDay
    extra = 0


@admin.register(Branch)
class BranchAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "timezone", "is_active", "is_default"]
    search_fields = ["name", "address"]
    inlines = [HoursInline, SpecialDayInline]


@admin.register(BranchProduct)
class BranchProductAdmin(admin.ModelAdmin):
    list_display = ["product", "branch", "is_listed", "price", "stock", "sold_out_until"]
    list_filter = ["branch", "is_listed"]
    list_select_related = ["product", "branch"]
    search_fields = ["product__name"]
    autocomplete_fields = ["product", "branch"]

    def save_model(self, request, obj, form, change) -> None:
        save_branch_product(obj, changed=form.changed_data, by=request.user)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ["branch_product", "change", "reason", "order_id", "by", "created_at"]
    list_filter = ["reason", "branch_product__branch"]
    list_select_related = ["branch_product__product", "branch_product__branch", "by"]
