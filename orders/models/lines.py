from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.statuses import Status
from products.models import Product
from products.models.translations import in_language


class OrderItem(models.Model):
    """A line as it was bought: names, in every language, and prices are copies and never change.

    `made` is how many cups are done.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.SET_NULL, null=True, related_name="order_items")
    product_name = models.CharField(_("product"), max_length=120)
    product_names = models.JSONField(default=dict, db_default={}, editable=False, help_text='By language: {"ru": …}.')
    options = models.JSONField(
        _("options"), default=list, help_text='A list of {"id", "name", "names", "price_delta"}.'
    )
    unit_price = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    discount = models.DecimalField(_("discount"), max_digits=16, decimal_places=2, default=0, db_default=0)
    free_quantity = models.PositiveSmallIntegerField(_("free cups"), default=0, db_default=0)
    made = models.PositiveSmallIntegerField(_("made"), default=0, db_default=0)

    prep_seconds = models.PositiveIntegerField(_("seconds to prepare one"), default=60, db_default=60)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="orders_orderitem_quantity_positive"),
            models.CheckConstraint(condition=models.Q(unit_price__gte=0), name="orders_orderitem_price_not_negative"),
            models.CheckConstraint(
                # Half a cent of room, because SQLite multiplies floats.
                condition=models.Q(
                    discount__gte=0, discount__lt=models.F("unit_price") * models.F("quantity") + Decimal("0.005")
                ),
                name="orders_orderitem_discount_in_subtotal",
            ),
            models.CheckConstraint(
                condition=models.Q(free_quantity__gte=0, free_quantity__lte=models.F("quantity")),
                name="orders_orderitem_free_in_quantity",
            ),
            models.CheckConstraint(
                condition=models.Q(made__gte=0, made__lte=models.F("quantity")),
                name="orders_orderitem_made_in_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_name}"

    @property
    def shown_name(self) -> str:
        return in_language(self.product_names, self.product_name)

    @property
    def shown_options(self) -> list[str]:
        return [in_language(option.get("names", {}), option["name"]) for option in self.options]

    @property
    def subtotal(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def paid_quantity(self) -> int:
        """Cups that were not free."""
        return self.quantity - self.free_quantity if self.discount < self.subtotal else 0


class OrderEvent(models.Model):
    """One line of an order's timeline. The last one is its status; without `by` the shop itself moved it."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("move")
        verbose_name_plural = _("timeline")

    def __str__(self) -> str:
        return f"{self.status} {self.at:%H:%M}"
