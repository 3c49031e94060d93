from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cart.models import CartItem
from users.backoffice import BackOfficeAdmin


@admin.register(CartItem)
class CartItemAdmin(BackOfficeAdmin):
    """Carts belong to their customers: they can be looked at, and a line be removed."""

    list_display = ["user", "product", "quantity", "updated_at"]
    list_select_related = ["user", "product"]
    search_fields = ["user__username", "product__name"]
    fields = readonly_fields = ["user", "product", "chosen", "quantity", "created_at", "updated_at"]

    def has_add_permission(self, request) -> bool:
        return False

    @admin.display(description=_("options"))
    def chosen(self, item: CartItem) -> str:
        return ", ".join(choice["name"] for choice in item.options)
