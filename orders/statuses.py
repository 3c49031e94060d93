"""The life of an order, as data: who may move it from where to where."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    ACCEPTED = "accepted", _("accepted")
    PREPARING = "preparing", _("preparing")
    READY = "ready", _("ready")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


OPEN = [Status.PENDING, Status.ACCEPTED, Status.PREPARING, Status.READY]
UNFINISHED = [Status.PENDING, Status.ACCEPTED, Status.PREPARING]  # the bar still has work with them
STAFF_MOVES = {
    Status.PENDING: [Status.ACCEPTED, Status.CANCELLED],
    Status.ACCEPTED: [Status.PREPARING, Status.CANCELLED],
    Status.PREPARING: [Status.READY, Status.ACCEPTED, Status.CANCELLED],  # and one step back, as from ready
    Status.READY: [Status.COMPLETED, Status.PREPARING, Status.CANCELLED],
    Status.COMPLETED: [],
    Status.CANCELLED: [],
}
CUSTOMER_MOVES = {
    Status.PENDING: [Status.CANCELLED],
    Status.ACCEPTED: [Status.CANCELLED],
}
