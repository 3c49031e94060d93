from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException

from rest.exceptions import Conflict


class CartIsEmpty(APIException):
    status_code = 400
    default_code = "cart_empty"
    default_detail = _("The cart is empty.")


class CartHasProblems(Conflict):
    default_code = "cart_has_problems"
    brings = ("problems",)
    default_detail = _("Something in the cart cannot be ordered as it is.")


class TotalChanged(Conflict):
    default_code = "total_changed"
    brings = ("total_price",)
    default_detail = _("The total is not what you expected.")


class BranchClosed(Conflict):
    default_code = "branch_closed"
    brings = ("opens_at",)
    default_detail = _("The branch is closed at that time.")


class TooManyOpenOrders(Conflict):
    default_code = "too_many_open_orders"
    default_detail = _("Too many of your orders are open. Fetch or pay them first.")


class BranchPaused(Conflict):
    default_code = "branch_paused"
    brings = ("paused_until",)
    default_detail = _("The branch takes orders for later only, until its pause ends.")


class SlotFull(Conflict):
    default_code = "slot_full"
    brings = ("next_at",)
    default_detail = _("The bar cannot make it by then.")


class StatusNotAllowed(Conflict):
    default_code = "status_not_allowed"
    brings = ("status", "allowed_statuses")
    default_detail = _("The order cannot be moved there.")


class NoteNotAllowed(Conflict):
    default_code = "note_not_allowed"
    default_detail = _("The note can be changed while the order is pending.")


class OrderNotCancelled(Conflict):
    default_code = "order_not_cancelled"
    default_detail = _("Only a cancelled order can be deleted.")
