from orders.models.boards import BoardPresence
from orders.models.lines import OrderEvent, OrderItem
from orders.models.numbers import PickupCounter
from orders.models.orders import OWN_REASONS, Channel, Order, OrderQuerySet, refuse_own_reason
from orders.models.sums import DaySum, MorningMail

__all__ = [
    "OWN_REASONS",
    "BoardPresence",
    "Channel",
    "DaySum",
    "MorningMail",
    "Order",
    "OrderEvent",
    "OrderItem",
    "OrderQuerySet",
    "PickupCounter",
    "refuse_own_reason",
]
