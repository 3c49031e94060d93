from django.db import models
from django.utils.translation import gettext_lazy as _

from products.models import Branch


class BoardPresence(models.Model):
    """Lease of a server for its connected boards of a branch; it expires unless it is renewed."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="+")
    server = models.CharField(max_length=64)
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("connected board")
        verbose_name_plural = _("connected boards")
        constraints = [models.UniqueConstraint(fields=["branch", "server"], name="orders_boardpresence_unique")]

    def __str__(self) -> str:
        return f"{self.branch} {self.until:%H:%M:%S}"
