from django.contrib import admin

from cart.models import CartItem, CartItemOption
from users.backoffice import ReadOnlyInline


class ChosenInline(ReadOnlyInline):
    model = CartItemOption
    fields = readonly_fields = ["name"]


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
