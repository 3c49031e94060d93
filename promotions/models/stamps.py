from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from products.models import Category
from promotions.models.links import protect_last

MAX_STAMPS_NEEDED = 100


class StampProgrammeManager(models.Manager):
    def current(self) -> "StampProgramme":
        """The one there is, made when it is first asked for."""
        return self.get_or_create(pk=1)[0]


class StampProgramme(models.Model):
    """The rule of the shop: one row. Without categories every product earns stamps and may be the free one."""

    is_active = models.BooleanField(_("active"), default=False)
    stamps_needed = models.PositiveSmallIntegerField(
        _("stamps needed"), default=10, validators=[MinValueValidator(1), MaxValueValidator(MAX_STAMPS_NEEDED)]
    )
    categories = models.ManyToManyField(Category, related_name="+", blank=True, verbose_name=_("categories"))
    max_price = models.DecimalField(
        _("highest price of the free cup"), max_digits=10, decimal_places=2, null=True, blank=True
    )

    objects = StampProgrammeManager()

    class Meta:
        verbose_name = _("stamp programme")
        verbose_name_plural = _("stamp programme")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="promotions_stampprogramme_only_one"),
            models.CheckConstraint(
                condition=models.Q(stamps_needed__range=(1, MAX_STAMPS_NEEDED)),
                name="promotions_stampprogramme_needed_range",
            ),
            models.CheckConstraint(
                condition=models.Q(max_price__isnull=True) | models.Q(max_price__gte=0),
                name="promotions_stampprogramme_price_not_negative",
                violation_error_message=_("A price is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def rule(self) -> dict:
        """Snapshot of the programme for stamps that are earned now, whatever becomes of it. One query."""
        return {
            "needed": self.stamps_needed,
            "categories": sorted(self.categories.order_by().values_list("pk", flat=True)),
            "max_price": self.max_price and f"{self.max_price:.2f}",
        }


protect_last(StampProgramme.categories.through, "category")


class StampCard(models.Model):
    """A user's balance, which is the sum of their entries, and the lock under which it changes.

    `rule` is the one under which the running card was begun: it is kept until the card is full.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="stamp_card")
    stamps = models.PositiveIntegerField(_("stamps"), default=0)
    rewards = models.PositiveIntegerField(_("rewards"), default=0)
    rule = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("stamp card")
        verbose_name_plural = _("stamp cards")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stamps__gte=0, rewards__gte=0), name="promotions_stampcard_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.stamps}"


class StampEntryQuerySet(models.QuerySet):
    def rewards_left(self, user) -> Self:
        """The user's rewards that no order holds or took, the oldest first."""
        left = models.F("rewards") + Coalesce(models.Sum("uses__rewards"), 0)
        return self.filter(user=user, kind=StampEntry.Kind.EXCHANGED).annotate(left=left).filter(left=1).order_by("pk")


class StampEntry(models.Model):
    """A line of the ledger: the sums of `stamps` and `rewards` are the balance. Lines are added, never changed."""

    class Kind(models.TextChoices):
        EARNED = "earned", _("earned")
        EXCHANGED = "exchanged", _("turned into a reward")
        HELD = "held", _("reserved by an order")
        TAKEN = "taken", _("used up")
        RETURNED = "returned", _("given back")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stamp_entries")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    stamps = models.IntegerField(_("stamps"), default=0)
    rewards = models.IntegerField(_("rewards"), default=0)
    order_id = models.BigIntegerField(_("order"))  # a number, because orders know promotions, not the reverse
    reward = models.ForeignKey("self", models.CASCADE, null=True, related_name="uses")  # which one is held
    rule = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = StampEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("stamp entry")
        verbose_name_plural = _("stamp entries")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="earned", stamps__gte=1, rewards=0)
                | models.Q(kind="exchanged", stamps__lte=-1, rewards=1)
                | models.Q(kind="held", stamps=0, rewards=-1, reward__isnull=False)
                | models.Q(kind="taken", stamps=0, rewards=0, reward__isnull=False)
                | models.Q(kind="returned", stamps=0, rewards=1, reward__isnull=False),
                name="promotions_stampentry_change_of_kind",
            ),
            # An order earns once and holds once, and what it holds ends once: taken, or given back.
            models.UniqueConstraint(
                fields=["order_id", "kind"],
                condition=models.Q(kind__in=["earned", "held"]),
                name="promotions_stampentry_once_per_order",
            ),
            models.UniqueConstraint(
                fields=["order_id"],
                condition=models.Q(kind__in=["taken", "returned"]),
                name="promotions_stampentry_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stamps:+d} {self.rewards:+d}"

    @property
    def max_price(self) -> Decimal | None:
        """Highest price of the cup that this reward makes free."""
        text = self.rule.get("max_price")
        return None if text is None else Decimal(text)

    def covers(self, category_id: int) -> bool:
        categories = self.rule.get("categories", [])
        return not categories or category_id in categories
