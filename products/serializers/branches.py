from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.hours import is_open, next_change_at, overlap
from products.models import Branch, BranchHours, BranchProduct, BranchSpecialDay, Product, StockMovement
from products.models.stock import MAX_STOCK
from products.schedule import ready_at
from products.serializers.translations import TranslatedSerializer
from rest.fields import (
    ChoiceField,
    IdField,
    IntegerField,
    ModelSerializer,
    MomentField,
    MoneyField,
    SlugRelatedField,
    WholeRowSerializer,
)

LONGEST_PAUSE = timedelta(hours=24)


class HoursSerializer(WholeRowSerializer):
    """Monday is 0. Closing at or before opening means past midnight."""

    weekday = IntegerField(min_value=0, max_value=6)

    class Meta:
        model = BranchHours
        fields = ["weekday", "opens", "closes"]
        validators = []


class SpecialDaySerializer(WholeRowSerializer):
    """Replaces the hours of its date; without times the branch is closed that day."""

    class Meta:
        model = BranchSpecialDay
        fields = ["date", "opens", "closes"]
        validators = []

    def validate(self, attrs: dict) -> dict:
        if (attrs.get("opens") is None) != (attrs.get("closes") is None):
            raise serializers.ValidationError({"closes": _("Give both times, or neither for a closed day.")})
        return attrs


class BranchSerializer(TranslatedSerializer):
    """`hours` and `special_days`, when sent, are the whole list. No hours means always open."""

    hours = HoursSerializer(many=True, max_length=50, required=False)
    special_days = SpecialDaySerializer(many=True, max_length=400, required=False)
    is_open = serializers.SerializerMethodField()
    next_change_at = serializers.SerializerMethodField(help_text="When it opens or closes next; null if never.")
    is_paused = serializers.SerializerMethodField(help_text="Only orders for a `pickup_at` are taken.")
    paused_until = serializers.SerializerMethodField(help_text="When the pause ends; null without one.")

    distance_m = serializers.IntegerField(
        read_only=True, required=False, allow_null=True, help_text="With `near`: metres from there; null if not known."
    )

    class Meta:
        model = Branch
        fields = [
            "slug", "name", "address", "phone", "pickup_place", "latitude", "longitude", "timezone", "language",
            "is_active", "is_default", "hours", "special_days", "is_open", "next_change_at", "is_paused",
            "paused_until", "translations", "distance_m",
        ]  # fmt: skip
        validators = []
        extra_kwargs = {
            "is_default": {"validators": []},  # there may be one: the new one takes its place
            "latitude": {"min_value": -90, "max_value": 90},
            "longitude": {"min_value": -180, "max_value": 180},
        }

    def to_representation(self, branch: Branch) -> dict:
        shown = super().to_representation(branch)
        if not hasattr(branch, "distance_m"):
            shown.pop("distance_m", None)
        return shown

    def get_is_open(self, branch: Branch) -> bool:
        return is_open(branch, timezone.now())

    def get_next_change_at(self, branch: Branch) -> datetime | None:
        return next_change_at(branch, timezone.now())

    def get_is_paused(self, branch: Branch) -> bool:
        return branch.is_paused_at(timezone.now())

    def get_paused_until(self, branch: Branch) -> datetime | None:
        return branch.paused_until if self.get_is_paused(branch) else None

    def validate_hours(self, hours: list[dict]) -> list[dict]:
        if overlap((row["weekday"], row["opens"], row["closes"]) for row in hours):
            raise serializers.ValidationError(_("Opening hours overlap."))
        return hours

    def validate_special_days(self, days: list[dict]) -> list[dict]:
        seen = [(day["date"], day.get("opens")) for day in days]
        closed = {day["date"] for day in days if day.get("opens") is None}
        if len(set(seen)) < len(seen) or any(day["date"] in closed and day.get("opens") for day in days):
            raise serializers.ValidationError(_("A special day is given twice."))
        return days


class BranchDetailSerializer(BranchSerializer):
    ready_at = serializers.SerializerMethodField(
        help_text="When one average cup, ordered now, would be ready; null while it takes no order for now."
    )

    class Meta(BranchSerializer.Meta):
        fields = [*BranchSerializer.Meta.fields, "ready_at"]

    def get_ready_at(self, branch: Branch) -> datetime | None:
        return ready_at(branch, Product.objects.average_seconds(), timezone.now())


class BarSerializer(ModelSerializer):
    """Baristas at the bar, and until when it takes orders for a `pick-up` only."""

    paused_until = MomentField(
        allow_null=True, required=False, help_text="Within the next 24 hours; null ends the pause."
    )

    class Meta:
        model = Branch
        fields = ["baristas", "paused_until"]

    def validate_paused_until(self, value: datetime | None) -> datetime | None:
        now = timezone.now()
        if value is not None and not now < value <= now + LONGEST_PAUSE:
            raise serializers.ValidationError(_("A pause ends within the next 24 hours."))
        return value

    def to_representation(self, branch: Branch) -> dict:
        is_paused = branch.is_paused_at(timezone.now())
        return {**super().to_representation(branch), **({} if is_paused else {"paused_until": None})}


class BranchProductSerializer(ModelSerializer):
    """One product at one branch, where it differs. A changed `stock` is a recount, and booked."""

    branch = SlugRelatedField(slug_field="slug", queryset=Branch.objects.all(), help_text="A slug.")
    product = IdField(queryset=Product.objects.all())
    price = MoneyField(min_value=0, allow_null=True, required=False, help_text="Null: as everywhere.")
    stock = IntegerField(min_value=0, max_value=MAX_STOCK, allow_null=True, required=False, help_text="Null: to order.")
    low_stock_threshold = IntegerField(
        min_value=0,
        max_value=MAX_STOCK,
        allow_null=True,
        required=False,
        help_text="With so many left or fewer its managers get one e-mail. Null: nobody is told.",
    )
    sold_out_until = MomentField(allow_null=True, required=False)

    class Meta:
        model = BranchProduct
        fields = [
            "id", "branch", "product", "is_listed", "price", "stock", "low_stock_threshold", "sold_out_until",
        ]  # fmt: skip
        validators = []

    def validate(self, attrs: dict) -> dict:
        for name in ("branch", "product"):
            if self.instance and attrs.get(name, getattr(self.instance, name)) != getattr(self.instance, name):
                raise serializers.ValidationError({name: _("This cannot be changed.")})
        if (
            self.instance is None
            and BranchProduct.objects.filter(branch=attrs["branch"], product=attrs["product"]).exists()
        ):
            raise serializers.ValidationError(
                _("This branch already has its own settings for this product."), code="unique"
            )
        return attrs


class StockChangeSerializer(serializers.Serializer):
    Reason = StockMovement.Reason

    change = IntegerField(min_value=-1_000_000, max_value=1_000_000, help_text="Added to what is there.")
    reason = ChoiceField(choices=[Reason.DELIVERED, Reason.CORRECTED, Reason.WASTED])

    def validate_change(self, value: int) -> int:
        if value == 0:
            raise serializers.ValidationError(_("Nothing would change."))
        return value
