from datetime import date

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from products.models import Branch
from rest.prepared import Prepared


def _of_other_days(*, branch_id: int, business_day: date) -> models.QuerySet:
    others = Order.objects.open().filter(branch=branch_id).exclude(business_day=business_day)
    return others.order_by().values_list("number")


NUMBERS_OF_OTHER_DAYS = Prepared(_of_other_days, branch_id=int, business_day=date)


class PickupCounterManager(models.Manager):
    def next_number(self, branch: Branch, business_day: date) -> str:
        """Short, once per branch and business day, and of no order that still waits there, of whatever day.

        The branch is locked already, by `promise`, or two days could give out one number at once. Nothing else is
        locked after the counter.
        """
        taken = {number for (number,) in NUMBERS_OF_OTHER_DAYS(branch_id=branch.pk, business_day=business_day)}
        while (number := self._count(branch, business_day)) in taken:
            continue
        return number

    def _count(self, branch: Branch, business_day: date) -> str:
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
