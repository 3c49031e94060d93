from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from products.models.base import CatalogueQuerySet
from products.models.branches import Branch
from products.models.translations import TranslatedModel, TranslatedQuerySet
from rest.fields import validate_direction, validate_not_blank

ENDLESS = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # how `sold_out_until` says "until it is taken off"
KINDS = ("product", "option", "ingredient")


class Ingredient(TranslatedModel):
    """Part of products and options that can run out by itself: oat milk, decaf beans."""

    name = models.CharField(_("name"), max_length=80, validators=[validate_not_blank, validate_direction])

    objects = TranslatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("ingredient")
        verbose_name_plural = _("ingredients")
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="products_ingredient_name_unique",
                violation_error_message=_("There is an ingredient of that name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StopListQuerySet(CatalogueQuerySet):
    def live(self, now: datetime) -> Self:
        """Entries in force at that moment: with an end that is still to come, or until somebody takes them off."""
        return self.filter(models.Q(until__isnull=True) | models.Q(until__gt=now))

    def at_branch(self, branch: Branch | None, now: datetime) -> Self:
        return self.live(now).filter(branch=branch)

    def ids_of(self, kind: str) -> Self:
        """The ids of the products, options or ingredients among them, for `IN`."""
        return self.filter(**{f"{kind}__isnull": False}).order_by().values(kind)

    def with_names(self) -> Self:
        return self.select_related(*KINDS)


def _one_kind() -> models.Q:
    """Exactly one of the three is named."""
    rules = (models.Q(**{f"{kind}__isnull": kind != named for kind in KINDS}) for named in KINDS)
    first, second, third = rules
    return first | second | third


class StopListEntry(models.Model):
    """Out at one branch, now: a product, an option, or an ingredient and all that needs it.

    One row per thing and branch, used again: what is over stays behind with an `until` in the past.
    """

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="stops", verbose_name=_("branch"))
    product = models.ForeignKey(
        "Product", models.CASCADE, related_name="stops", null=True, blank=True, verbose_name=_("product")
    )
    option = models.ForeignKey(
        "Option", models.CASCADE, related_name="stops", null=True, blank=True, verbose_name=_("option")
    )
    ingredient = models.ForeignKey(
        Ingredient, models.CASCADE, related_name="stops", null=True, blank=True, verbose_name=_("ingredient")
    )
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until it is taken off."))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("who")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = StopListQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("stop-list entry")
        verbose_name_plural = _("stop-list")
        constraints = [
            *(
                models.UniqueConstraint(fields=["branch", kind], name=f"products_stoplistentry_{kind}_once")
                for kind in KINDS
            ),
            models.CheckConstraint(
                condition=_one_kind(),
                name="products_stoplistentry_one_kind",
                violation_error_message=_("Name one product, one option or one ingredient."),
            ),
        ]
        indexes = [models.Index(fields=["until"], name="products_stops_by_end")]

    def __str__(self) -> str:
        return f"{self.stopped} @ {self.branch}"

    @property
    def stopped(self) -> models.Model:
        """The product, option or ingredient that is out."""
        return self.product or self.option or self.ingredient
