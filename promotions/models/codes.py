import unicodedata
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from products.models import Branch, Category
from promotions.models.links import protect_last
from users.models import CustomUser
from users.names import validate_visible

CODE_LENGTH = 64


def code_key(code: str) -> str:
    """Comparison key of a code, whatever its case, width or the spaces around it."""
    folded = unicodedata.normalize("NFKC", code).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def validate_code(code: str) -> None:
    """Raises ValidationError for what nobody could type in: invisible characters, and letters that stand for many."""
    validate_visible(code)
    if any(unicodedata.category(character) == "Cf" for character in code):  # a space of no width, pasted along
        raise ValidationError(_("Please use visible characters only."), code="invalid")
    if not 1 <= len(code_key(code)) <= CODE_LENGTH:
        raise ValidationError(_("A code has 1 to %d characters.") % CODE_LENGTH, code="invalid")


class CodeKeyField(models.CharField):
    """Follows `code` on every way of writing, so that the database itself refuses look-alikes."""

    def pre_save(self, model_instance, add):
        key = code_key(model_instance.code)
        setattr(model_instance, self.attname, key)
        return key


class Kind(models.TextChoices):
    PERCENT = "percent", _("percent")
    AMOUNT = "amount", _("amount")
    FREE_ITEM = "free_item", _("free item")


class PromoCodeQuerySet(models.QuerySet):
    def known_as(self, code: str) -> Self:
        return self.filter(is_active=True, code_key=code_key(code))

    def same_as(self, code: str, but: "PromoCode | None" = None) -> Self:
        """Codes that customers could not tell from this one."""
        return self.filter(code_key=code_key(code)).exclude(pk=but and but.pk)

    def with_uses(self) -> Self:
        """Adds `times_used`: orders that used it and were not cancelled."""
        return self.annotate(times_used=_number_of(Redemption.objects.in_use()))

    def for_cart(self, user: CustomUser, branch: Branch | None) -> Self:
        """Adds what decides whether this user may use it at this branch."""
        pairs = PromoCode.branches.through.objects.filter(promocode=models.OuterRef("pk"))
        return self.with_uses().annotate(
            times_used_by_user=_number_of(Redemption.objects.in_use().filter(user=user)),
            is_bound_to_branches=models.Exists(pairs),
            is_for_branch=models.Exists(pairs.filter(branch=branch)),
        )


def _number_of(redemptions: models.QuerySet) -> Coalesce:
    of_code = redemptions.filter(code=models.OuterRef("pk")).order_by().values("code")
    counted = of_code.annotate(number=models.Count("pk")).values("number")
    return Coalesce(models.Subquery(counted), 0)


class PromoCode(models.Model):
    """A word that makes an order cheaper. Without branches or categories it is good for all of them."""

    code = models.CharField(_("code"), max_length=CODE_LENGTH, validators=[validate_code])
    code_key = CodeKeyField(max_length=CODE_LENGTH, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    value = models.DecimalField(
        _("value"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Per cent, or an amount; of a free item the highest price, if there is one."),
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    min_total = models.DecimalField(_("from a total of"), max_digits=10, decimal_places=2, null=True, blank=True)
    branches = models.ManyToManyField(Branch, related_name="promo_codes", blank=True, verbose_name=_("branches"))
    categories = models.ManyToManyField(Category, related_name="promo_codes", blank=True, verbose_name=_("categories"))
    is_first_order_only = models.BooleanField(_("first order only"), default=False)
    limit_total = models.PositiveIntegerField(_("uses in total"), null=True, blank=True)
    limit_per_user = models.PositiveIntegerField(_("uses of each customer"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PromoCodeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("promo code")
        verbose_name_plural = _("promo codes")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind=Kind.PERCENT, value__gt=0, value__lte=100)
                | models.Q(kind=Kind.AMOUNT, value__gt=0)
                | models.Q(kind=Kind.FREE_ITEM, value__isnull=True)
                | models.Q(kind=Kind.FREE_ITEM, value__gte=0),
                name="promotions_promocode_value_of_kind",
                violation_error_message=_("Above 0; of per cent at most 100. Only a free item does without."),
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at__isnull=True)
                | models.Q(ends_at__isnull=True)
                | models.Q(ends_at__gt=models.F("starts_at")),
                name="promotions_promocode_ends_after_start",
                violation_error_message=_("It must end after it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(min_total__isnull=True) | models.Q(min_total__gte=0),
                name="promotions_promocode_min_total_not_negative",
                violation_error_message=_("A total is not negative."),
            ),
            models.CheckConstraint(
                condition=(models.Q(limit_total__isnull=True) | models.Q(limit_total__gte=1))
                & (models.Q(limit_per_user__isnull=True) | models.Q(limit_per_user__gte=1)),
                name="promotions_promocode_limits_positive",
                violation_error_message=_("A limit is 1 or more."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


protect_last(PromoCode.branches.through, "branch")
protect_last(PromoCode.categories.through, "category")


class RedemptionQuerySet(models.QuerySet):
    def in_use(self) -> Self:
        """Redemptions whose order was not cancelled: they count against the limits."""
        return self.filter(returned_at__isnull=True)


class Redemption(models.Model):
    """One use of a code by one order. A cancelled order returns it."""

    code = models.ForeignKey(PromoCode, models.PROTECT, related_name="redemptions", verbose_name=_("promo code"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # A number and no foreign key, because orders know promotions, not the reverse.
    order_id = models.BigIntegerField(_("order"), unique=True)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=2)
    created_at = models.DateTimeField(_("used"), auto_now_add=True)
    returned_at = models.DateTimeField(_("returned"), null=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("use of a promo code")
        verbose_name_plural = _("uses of promo codes")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="promotions_redemption_amount_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["code", "user"], condition=models.Q(returned_at__isnull=True), name="promotions_uses_of_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.order_id}"
