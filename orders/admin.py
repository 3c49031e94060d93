from django.contrib import admin

from orders.models import Order, OrderEvent, OrderItem, PickupCounter
from users.backoffice import ReadOnlyAdmin


class HistoryInline(admin.TabularInline):
    """What happened is looked at here and changed nowhere."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False


class OrderItemInline(HistoryInline):
    model = OrderItem
    fields = ["product_name", "options", "unit_price", "quantity"]


class OrderEventInline(HistoryInline):
    model = OrderEvent
    fields = ["status", "at", "by"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["number", "branch", "status", "user", "total_price", "created_at"]
    list_filter = ["status", "branch"]
    list_select_related = ["branch", "user"]
    search_fields = ["number", "user__username"]
    date_hierarchy = "created_at"
    inlines = [OrderItemInline, OrderEventInline]


@admin.register(OrderItem)
class OrderItemAdmin(ReadOnlyAdmin):
    list_display = ["order", "product_name", "quantity", "unit_price"]
    list_select_related = ["order"]
    search_fields = ["product_name"]


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    list_display = ["order", "status", "at", "by"]
    list_filter = ["status"]
    list_select_related = ["order", "by"]


@admin.register(PickupCounter)
class PickupCounterAdmin(ReadOnlyAdmin):
    list_display = ["branch", "business_day", "last_number"]
    list_select_related = ["branch"]
