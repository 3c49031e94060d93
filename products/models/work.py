from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from products.models.branches import Branch
from rest.prepared import Prepared


class OpenWorkQuerySet(models.QuerySet):
    def due_at_branch(self, branch: Branch) -> list[tuple[datetime, int]]:
        """Seconds of work due at each moment, in order."""
        return DUE(branch_id=branch.pk)

    def in_sequence(self) -> Self:
        """Order as the bars work: what is due first, and of that what was ordered first."""
        return self.order_by("branch", "due_at", "order_id")


class OpenWork(models.Model):
    """Unfinished work of one order: seconds of one barista, due by the order's promise.

    Orders write it and what is below them reads it; a finished order has no row, so history costs nothing.
    """

    # A number and no foreign key, as in `StockMovement`: orders know products, not the reverse.
    order_id = models.BigIntegerField(_("order"), primary_key=True)
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+", db_index=False)
    due_at = models.DateTimeField(_("due"))
    seconds = models.PositiveIntegerField(_("seconds of work"))

    objects = OpenWorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("open work")
        verbose_name_plural = _("open work")
        indexes = [models.Index(fields=["branch", "due_at"], name="products_open_work")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.seconds} s, {self.due_at:%H:%M}"


def _due(*, branch_id: int) -> models.QuerySet:
    work = OpenWork.objects.filter(branch=branch_id).order_by("due_at").values("due_at")
    return work.annotate(total=models.Sum("seconds")).values_list("due_at", "total")


DUE = Prepared(_due, branch_id=int)
