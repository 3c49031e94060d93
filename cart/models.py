from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from products.models import Option, Product

MAX_QUANTITY = 99
MAX_ITEMS = 50
MAX_OPTIONS = 40


def configuration_key(option_ids: Iterable[int]) -> str:
    """The chosen options as one comparable text, so that the database keeps one line per configuration."""
    return ",".join(str(option_id) for option_id in sorted(option_ids))


class CartItemQuerySet(models.QuerySet):
    def of(self, user) -> Self:
        return self.filter(user=user)


class CartItem(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cart_items")
    product = models.ForeignKey(Product, models.CASCADE, related_name="cart_items", verbose_name=_("product"))
    configuration = models.CharField(max_length=1000, blank=True, editable=False)
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "product", "configuration"], name="cart_cartitem_one_per_configuration"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__range=(1, MAX_QUANTITY)), name="cart_cartitem_quantity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class CartItemOption(models.Model):
    """A chosen option. Deleted from the catalogue, it stays by name: the customer is told, not quietly served less."""

    item = models.ForeignKey(CartItem, models.CASCADE, related_name="chosen")
    option = models.ForeignKey(Option, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["item", "option"], name="cart_cartitemoption_once")]

    def __str__(self) -> str:
        return self.name
