from django.contrib import admin

from cart.models import CartItem, CartItemOption


class ChosenInline(admin.TabularInline):
    model = CartItemOption
    fields = readonly_fields = ["name"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None) -> bool:
        return False


@admin.register(CartItem)
class CartItemAdmin(admin.ModelAdmin):
    """Carts belong to their customers: they can be looked at, and a line be removed."""

    list_display = ["user", "product", "quantity", "updated_at"]
    list_select_related = ["user", "product"]
    search_fields = ["user__username", "product__name"]
    fields = readonly_fields = ["user", "product", "quantity", "created_at", "updated_at"]
    inlines = [ChosenInline]

    def has_add_permission(self, request) -> bool:
        return False
