from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.statuses import OPEN, Status
from products.models import Branch
from users.models import CustomUser


class Channel(models.TextChoices):
    APP = "app", _("app")
    COUNTER = "counter", _("counter")


OWN_REASONS = {
    "not_accepted": _("nobody accepted it in time"),
    "not_fetched": _("nobody fetched it that day"),
}


def refuse_own_reason(reason: str) -> None:
    """Validator: reports would count a person's as the shop's own. Raises ValidationError."""
    if reason in OWN_REASONS:
        raise ValidationError(_("Please give the reason in words of your own."))


class OrderQuerySet(models.QuerySet):
    def own(self, user: CustomUser) -> Self:
        """Orders that somebody placed for themselves; what they typed in at the counter is not theirs."""
        return self.filter(user=user, channel=Channel.APP)

    def bought_by(self, user: CustomUser) -> Self:
        """Own orders that count: what was cancelled was not bought."""
        return self.own(user).exclude(status=Status.CANCELLED)

    def visible_to(self, user: CustomUser, branch_ids: Collection[int] | None = None) -> Self:
        """Own orders, and those of the branches where the user works; all of them for an administrator.

        The branches are looked up first, unless they are known: joined, the database would read a million orders for a
        customer's three.
        """
        if user.is_admin:
            return self
        if branch_ids is None:
            branch_ids = list(Branch.objects.staffed_by(user).order_by().values_list("pk", flat=True))
        if not branch_ids:
            return self.own(user)
        return self.filter(models.Q(user=user, channel=Channel.APP) | models.Q(branch__in=branch_ids))

    def with_lines(self) -> Self:
        """Prefetch everything the API shows of an order, in a constant number of queries."""
        return self.select_related("user", "branch").prefetch_related("items", "events__by")

    def open(self) -> Self:
        """Orders that somebody still waits for."""
        return self.filter(status__in=OPEN)

    def locked(self) -> Self:
        """Locked, and joined with nothing: an order that moves while we wait would get lost with the branch it left."""
        return self.select_related(None).select_for_update(of=("self",))


class Order(models.Model):
    Status = Status

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("user"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="orders", verbose_name=_("branch"))
    business_day = models.DateField(_("business day"))
    number = models.CharField(_("number"), max_length=10)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1)
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel.choices, default=Channel.APP, db_default=Channel.APP
    )
    customer_name = models.CharField(_("name to call out"), max_length=80, blank=True, default="", db_default="")
    is_takeaway = models.BooleanField(_("takeaway"), default=True, db_default=True)
    subtotal_price = models.DecimalField(_("price before discounts"), max_digits=16, decimal_places=2)
    discounts = models.JSONField(_("discounts"), default=list, blank=True)
    total_price = models.DecimalField(_("total price"), max_digits=16, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    note = models.TextField(_("note"), max_length=500, blank=True)
    pickup_at = models.DateTimeField(_("pick-up"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    promised_at = models.DateTimeField(_("promised for"), null=True, blank=True)
    first_promised_at = models.DateTimeField(_("first promised for"), null=True, blank=True)
    seen_at = models.DateTimeField(_("seen by the bar"), null=True, blank=True)
    missing_at = models.DateTimeField(_("reported missing"), null=True, blank=True)
    # When it came from another branch: there its time to be seen and accepted begins anew.
    moved_at = models.DateTimeField(null=True, editable=False)
    # When the e-mail "ready" and the alarm "nobody has seen it" are due or were sent: not shown, so no change of it.
    ready_mail_at = models.DateTimeField(null=True, editable=False)
    announce_at = models.DateTimeField(null=True, editable=False)
    unseen_told_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.TextField(_("reason for cancelling"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("placed"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["branch", "business_day", "number"], name="orders_order_number_unique"),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="orders_order_status_known"),
            models.CheckConstraint(condition=models.Q(total_price__gte=0), name="orders_order_total_not_negative"),
            # Less the discounts, if there are any: the sum of a JSON list is `check_integrity`'s.
            models.CheckConstraint(
                condition=models.Q(total_price=models.F("subtotal_price"))
                | models.Q(total_price__lt=models.F("subtotal_price")) & ~models.Q(discounts=[]),
                name="orders_order_total_less_discounts",
            ),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="orders_order_channel_known"),
            models.CheckConstraint(
                condition=models.Q(cancel_reason="") | models.Q(status=Status.CANCELLED),
                name="orders_order_reason_only_if_cancelled",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="orders_newest"),
            models.Index(fields=["user", "-created_at", "-id"], name="orders_newest_of_user"),
            models.Index(fields=["status", "-created_at", "-id"], name="orders_newest_by_status"),
            models.Index(fields=["branch", "-created_at", "-id"], name="orders_newest_at_branch"),
            models.Index(fields=["updated_at"], name="orders_updated"),
            models.Index(fields=["branch", "created_at"], condition=models.Q(status__in=OPEN), name="orders_open"),
            models.Index(
                fields=["announce_at"], condition=models.Q(announce_at__isnull=False), name="orders_announcements"
            ),
            models.Index(
                fields=["ready_mail_at"], condition=models.Q(ready_mail_at__isnull=False), name="orders_ready_mails"
            ),
            models.Index(fields=["created_at"], condition=models.Q(status=Status.PENDING), name="orders_pending"),
            models.Index(fields=["user"], condition=models.Q(status__in=OPEN), name="orders_open_of_user"),
            # Of reports: the few that went wrong, read without their rows.
            models.Index(
                fields=["business_day", "branch", "cancel_reason"],
                condition=models.Q(status=Status.CANCELLED),
                name="orders_cancelled",
            ),
            models.Index(
                fields=["business_day", "branch", "missing_at", "unseen_told_at"],
                condition=models.Q(missing_at__isnull=False) | models.Q(unseen_told_at__isnull=False),
                name="orders_noticed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.business_day:%Y-%m-%d}"

    @property
    def pickup_local(self) -> datetime | None:
        """The pick-up in the branch's own time."""
        return self.pickup_at and self.pickup_at.astimezone(self.branch.tz)

    def remember(self, **lines: list) -> None:
        """Fill the prefetch cache as `with_lines` does: e-mails and the answer are made from what was written."""
        self._prefetched_objects_cache = {name: getattr(self, name).all() for name in lines}
        for name, rows in lines.items():
            self._prefetched_objects_cache[name]._result_cache = rows

    @property
    def reason_text(self) -> str:
        """Reason of the cancellation in words: the shop's own reasons are codes, which clients know."""
        return str(OWN_REASONS.get(self.cancel_reason, self.cancel_reason))

    @property
    def name_to_call(self) -> str:
        """Given when it was placed, or as the customer is called now: whoever closes the account is not called."""
        return self.customer_name or self.user.first_name or self.user.username
