import re
from datetime import date

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError

from orders.reports.queries import BY, Period, today_at
from products.models import Branch, Position
from rest.fields import CharField, SlugField
from users.models import CustomUser

MOST_DAYS = 366


class DayField(CharField):
    """A day as ISO 8601 writes it, that exists."""

    def to_internal_value(self, data: object) -> date:
        text = super().to_internal_value(data)
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise ValidationError(_("Enter a day such as 2026-11-23."), code="invalid")


class PeriodSerializer(serializers.Serializer):
    """`from` and `to` are business days of the branch, both included; the one that goes on now without them."""

    branch = SlugField(required=False, max_length=80, help_text="A slug. Without it: all that you manage.")
    export = serializers.ChoiceField(["csv", "xlsx"], required=False, help_text="As a file.")

    def get_fields(self) -> dict:
        first = DayField(required=False, help_text="The first day: `2026-11-01`. Without it: `to`.")
        last = DayField(required=False, help_text="The last day. Without it: today.")
        return {"from": first, "to": last, **super().get_fields()}

    def validate(self, values: dict) -> dict:
        branches = managed_branches(self.context["user"], values.get("branch"))
        last = values.get("to") or today_at(branches[0] if len(branches) == 1 else None)
        first = values.get("from") or last
        if first > last:
            raise ValidationError({"from": [_("The first day comes after the last one.")]})
        if (last - first).days >= MOST_DAYS:
            raise ValidationError({"from": [_("Ask for at most %d days.") % MOST_DAYS]})
        return {**values, "period": Period(first, last, tuple(branch.pk for branch in branches))}


class SalesPeriodSerializer(PeriodSerializer):
    by = serializers.ChoiceField(BY, default="day", help_text="What a row is.")


def managed_branches(user: CustomUser, slug: str | None = None) -> list[Branch]:
    """Branches that the user manages, or the one that is asked for. Raises NotFound, PermissionDenied."""
    if user.is_admin:
        managed = everywhere = Branch.objects.all()
    else:
        everywhere = Branch.objects.active()
        managed = Branch.objects.staffed_by(user).filter(staff__user=user.pk, staff__position=Position.MANAGER)
    if not user.is_admin and not managed.exists():
        raise PermissionDenied
    if slug is None:
        return list(managed)
    if not everywhere.filter(slug=slug).exists():
        raise NotFound
    found = list(managed.filter(slug=slug))
    if not found:
        raise PermissionDenied
    return found


class FiguresSerializer(serializers.Serializer):
    orders = serializers.IntegerField(help_text="Completed orders, which everything else is of, too.")
    cups = serializers.IntegerField()
    gross = serializers.DecimalField(18, 2, help_text="Before discounts.")
    discounts = serializers.DecimalField(18, 2)
    net = serializers.DecimalField(18, 2, help_text="Completed orders, after discounts.")
    average = serializers.DecimalField(18, 2, help_text="Net of an order.")


class SalesRowSerializer(FiguresSerializer):
    key = CharField(help_text="A day, an hour (`08`), a channel, a branch's slug, or the id of a product or category.")
    name = CharField(help_text="The same in words.")


class ReportSerializer(serializers.Serializer):
    """The days are those of the branches, each by its own clock."""

    def get_fields(self) -> dict:
        days = {name: serializers.DateField() for name in ("from", "to")}
        return {**days, **super().get_fields()}


class SalesSerializer(ReportSerializer):
    by = CharField()
    currency = CharField()
    rows = SalesRowSerializer(many=True)
    totals = FiguresSerializer(help_text="Rows by product or category count an order once for each.")


class CancellationSerializer(serializers.Serializer):
    reason = CharField(help_text="As it was given; `not_accepted` and `not_fetched` are the shop's own.")
    text = CharField(help_text="The same in words.")
    orders = serializers.IntegerField()


class ServiceSerializer(ReportSerializer):
    promised = serializers.IntegerField(help_text="Completed orders that were promised for a minute.")
    ready_by_promise = serializers.IntegerField(help_text="Those of them that were ready by their first promise.")
    ready_by_promise_percent = serializers.DecimalField(4, 1, allow_null=True)
    median_minutes = serializers.IntegerField(
        allow_null=True, help_text="From placing to ready, of those wanted as soon as possible."
    )
    p90_minutes = serializers.IntegerField(allow_null=True, help_text="Nine in ten were ready within these.")
    cancelled = serializers.IntegerField()
    cancellations = CancellationSerializer(many=True, help_text="The fifty most frequent reasons.")
    not_seen_in_time = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Ready orders that their customer did not find.")
