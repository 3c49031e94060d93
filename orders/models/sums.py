from django.db import models
from django.utils.translation import gettext_lazy as _

from products.models import Branch


class DaySum(models.Model):
    """Sum over the completed orders of a branch's business day, by one dimension.

    Written in the transaction that completes an order (orders/reports/booking.py). Money is in cents, of which SQLite,
    too, loses none when it adds.
    """

    class Kind(models.TextChoices):
        CHANNEL = "channel"
        HOUR = "hour"
        PRODUCT = "product"
        CATEGORY = "category"
        MINUTES = "minutes"  # from placing to ready, of those that were wanted as soon as possible
        PROMISE = "promise"  # kept or broken

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+", verbose_name=_("branch"))
    business_day = models.DateField(_("business day"))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True, help_text="As it was sold last.")
    orders = models.BigIntegerField(default=0)
    cups = models.BigIntegerField(default=0)
    gross = models.BigIntegerField(default=0)
    discounts = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("sum of a day")
        verbose_name_plural = _("sums of days")
        constraints = [
            models.UniqueConstraint(fields=["kind", "business_day", "branch", "key"], name="orders_daysum_unique"),
            models.CheckConstraint(
                condition=models.Q(orders__gte=1, cups__gte=0, gross__gte=0, discounts__gte=0),
                name="orders_daysum_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business_day:%Y-%m-%d} {self.kind} {self.key}"


class MorningMail(models.Model):
    """That the e-mail of a morning is queued: whichever server inserts the day writes it."""

    day = models.DateField(primary_key=True)

    class Meta:
        verbose_name = _("morning e-mail")
        verbose_name_plural = _("morning e-mails")

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
