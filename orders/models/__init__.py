from orders.models.boards import BoardPresence
from orders.models.lines import OrderEvent, OrderItem
from orders.models.numbers import PickupCounter
from orders.models.orders import Channel, Order, OrderQuerySet

__all__ = ["BoardPresence", "Channel", "Order", "OrderEvent", "OrderItem", "OrderQuerySet", "PickupCounter"]
