from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from orders.statuses import ADMIN_MOVES, CUSTOMER_MOVES, Status
from products.models import Branch, Product


class OrderQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """A customer's own orders; all of them for an administrator."""
        return self if user.is_admin else self.filter(user=user)

    def with_lines(self) -> Self:
        """With everything the API shows of an order, in a constant number of queries."""
        return self.select_related("user", "branch").prefetch_related("items", "events__by")

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class Order(models.Model):
    Status = Status

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("user"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="orders", verbose_name=_("branch"))
    business_day = models.DateField(_("business day"))
    number = models.CharField(_("number"), max_length=10)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    total_price = models.DecimalField(_("total price"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    note = models.TextField(_("note"), max_length=500, blank=True)
    pickup_at = models.DateTimeField(_("pick-up"), null=True, blank=True)
    cancel_reason = models.TextField(_("reason for cancelling"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("placed"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["branch", "business_day", "number"], name="orders_order_number_unique"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="orders_order_status_known"),
            models.CheckConstraint(condition=models.Q(total_price__gte=0), name="orders_order_total_not_negative"),
            models.CheckConstraint(
                condition=models.Q(cancel_reason="") | models.Q(status=Status.CANCELLED),
                name="orders_order_reason_only_if_cancelled",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="orders_newest"),
            models.Index(fields=["user", "-created_at", "-id"], name="orders_newest_of_user"),
            models.Index(fields=["status", "-created_at", "-id"], name="orders_newest_by_status"),
            models.Index(fields=["branch", "-created_at", "-id"], name="orders_newest_at_branch"),
            models.Index(fields=["updated_at"], name="orders_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.business_day:%Y-%m-%d}"

    @property
    def pickup_local(self) -> datetime | None:
        """The pick-up in the branch's own time."""
        return self.pickup_at and self.pickup_at.astimezone(self.branch.tz)

    def remember(self, **lines: list) -> None:
        """As if it had just been read `with_lines`: letters and the answer are made from what was written."""
        self._prefetched_objects_cache = {name: getattr(self, name).all() for name in lines}
        for name, rows in lines.items():
            self._prefetched_objects_cache[name]._result_cache = rows

    def allowed_statuses(self, user) -> list[Status]:
        """Where this user may move the order to now."""
        moves = ADMIN_MOVES if user.is_admin else CUSTOMER_MOVES
        return moves.get(self.status, [])


class OrderItem(models.Model):
    """A line as it was bought: names and prices are copies and never change."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="order_items")
    product_name = models.CharField(_("product"), max_length=120)
    options = models.JSONField(_("options"), default=list, help_text='A list of {"name", "price_delta"}.')
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(_("quantity"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="orders_orderitem_quantity_positive"),
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="orders_orderitem_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_name}"

    @property
    def subtotal(self):
        return self.unit_price * self.quantity


class OrderEvent(models.Model):
    """One line of an order's timeline. The last one is its status."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("move")
        verbose_name_plural = _("timeline")
        constraints = [
            # No status is reached twice, so two movers at the same moment cannot both succeed.
            models.UniqueConstraint(fields=["order", "status"], name="orders_orderevent_once_per_status"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.at:%H:%M}"


class PickupCounterManager(models.Manager):
    def next_number(self, branch: Branch, business_day: date) -> str:
        """Short, and once per branch and business day. Locks the counter: nothing else is locked after it."""
        row = f"""
            INSERT INTO {self.model._meta.db_table} (branch_id, business_day, last_number) VALUES (%s, %s, 1)
            ON CONFLICT (branch_id, business_day)
            DO UPDATE SET last_number = {self.model._meta.db_table}.last_number + 1
            RETURNING last_number
        """  # noqa: S608 - the table's own name, no input
        with connection.cursor() as cursor:
            cursor.execute(row, [branch.pk, connection.ops.adapt_datefield_value(business_day)])
            return f"{cursor.fetchone()[0]:03d}"


class PickupCounter(models.Model):
    """The last number called out at a branch on a business day."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+")
    business_day = models.DateField()
    last_number = models.PositiveIntegerField(default=0)

    objects = PickupCounterManager()

    class Meta:
        verbose_name = _("pick-up counter")
        verbose_name_plural = _("pick-up counters")
        constraints = [
            models.UniqueConstraint(fields=["branch", "business_day"], name="orders_pickupcounter_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.branch} {self.business_day:%Y-%m-%d}: {self.last_number}"
