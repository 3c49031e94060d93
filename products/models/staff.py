from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from products.models.branches import Branch
from users.models import CustomUser


class Position(models.TextChoices):
    BARISTA = "barista", _("barista")
    MANAGER = "manager", _("manager")


class BranchStaffQuerySet(models.QuerySet):
    def held_by(self, user: CustomUser) -> Self:
        """The user's positions at branches in business, by the database: those of a blocked user count for nothing."""
        return self.filter(user=user.pk, user__is_active=True, branch__is_active=True)


class BranchStaff(models.Model):
    """Position of an ordinary user at one branch. Administrators need none: they are managers everywhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="positions", verbose_name=_("user"))
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="staff", verbose_name=_("branch"))
    position = models.CharField(pgettext_lazy("of staff", "position"), max_length=10, choices=Position.choices)

    objects = BranchStaffQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("position at a branch")
        verbose_name_plural = _("staff of branches")
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "user"],
                name="products_branchstaff_unique",
                violation_error_message=_("This user already has a position at this branch."),
            ),
            models.CheckConstraint(
                condition=models.Q(position__in=Position.values), name="products_branchstaff_position_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_position_display()} @ {self.branch}"


def position_at(user: CustomUser, branch: Branch) -> Position | None:
    """Position of the user at this branch now."""
    if user.is_active and user.is_admin:
        return Position.MANAGER
    held = BranchStaff.objects.held_by(user).filter(branch=branch).values_list("position", flat=True)
    return next((Position(position) for position in held), None)


def is_staff_at(user: CustomUser, branch: Branch) -> bool:
    return position_at(user, branch) is not None
