from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.models import Branch, Category
from promotions.models import Kind, PromoCode, StampEntry, StampProgramme
from promotions.models.codes import CODE_LENGTH, code_key, validate_code
from rest.fields import (
    CharField,
    IdsField,
    IntegerField,
    ModelSerializer,
    MomentField,
    MoneyField,
    RowsField,
    SlugRelatedField,
)

MAX_COUNT = 2**31 - 1


class SlugsField(RowsField):
    """Slugs of related rows, each of which is looked up."""


class PromoCodeSerializer(ModelSerializer):
    """Without branches or categories it is good for all of them, without limits as often as one likes."""

    code = CharField(max_length=CODE_LENGTH, validators=[validate_code])
    value = MoneyField(
        min_value=0,
        allow_null=True,
        required=False,
        help_text="Per cent, or an amount; of a `free_item` the highest price, null or 0 for any.",
    )
    starts_at = MomentField(allow_null=True, required=False)
    ends_at = MomentField(allow_null=True, required=False)
    min_total = MoneyField(min_value=0, allow_null=True, required=False)
    branches = SlugsField(
        child_relation=SlugRelatedField(slug_field="slug", queryset=Branch.objects.all()), required=False
    )
    categories = IdsField(queryset=Category.objects.all(), required=False)
    limit_total = IntegerField(min_value=1, max_value=MAX_COUNT, allow_null=True, required=False)
    limit_per_user = IntegerField(min_value=1, max_value=MAX_COUNT, allow_null=True, required=False)
    times_used = serializers.IntegerField(read_only=True, default=0, help_text="Orders that were not cancelled.")

    class Meta:
        model = PromoCode
        fields = [
            "id", "code", "kind", "value", "starts_at", "ends_at", "min_total", "branches", "categories",
            "is_first_order_only", "limit_total", "limit_per_user", "is_active", "times_used",
        ]  # fmt: skip

    def validate_code(self, code: str) -> str:
        if PromoCode.objects.same_as(code, but=self.instance).exists():
            raise serializers.ValidationError(_("There is such a code already."), code="unique")
        return code

    def validate(self, attrs: dict) -> dict:
        """Check the model's constraints, by the field that is to blame."""
        kind, value, starts_at, ends_at = (
            attrs.get(name, getattr(self.instance, name, None)) for name in ("kind", "value", "starts_at", "ends_at")
        )
        if kind != Kind.FREE_ITEM and not value:
            raise serializers.ValidationError({"value": _("Above 0, please.")})
        if kind == Kind.PERCENT and value > 100:
            raise serializers.ValidationError({"value": _("At most 100 per cent.")})
        if starts_at and ends_at and ends_at <= starts_at:
            raise serializers.ValidationError({"ends_at": _("It must end after it starts.")})
        if "code" in attrs:
            attrs["code_key"] = code_key(attrs["code"])
        return attrs


class StampProgrammeSerializer(ModelSerializer):
    """Without categories every product earns stamps, and may be the free one."""

    categories = IdsField(queryset=Category.objects.all(), required=False)
    max_price = MoneyField(min_value=0, allow_null=True, required=False, help_text="Of the free cup; null: any.")

    class Meta:
        model = StampProgramme
        fields = ["is_active", "stamps_needed", "categories", "max_price"]


class StampEntrySerializer(ModelSerializer):
    order = serializers.IntegerField(source="order_id")

    class Meta:
        model = StampEntry
        fields = ["id", "kind", "stamps", "rewards", "order", "created_at"]


class StampsSerializer(serializers.Serializer):
    """A user's card. The newest entries come first."""

    stamps = serializers.IntegerField(help_text="Not yet turned into a reward.")
    needed = serializers.IntegerField(help_text="For one reward.")
    rewards = serializers.IntegerField(help_text="Free cups that no order holds.")
    entries = StampEntrySerializer(many=True)


class DiscountSerializer(serializers.Serializer):
    kind = serializers.ChoiceField([*Kind.values, "reward"])
    code = serializers.CharField(allow_null=True, help_text="The promo code; null of a reward.")
    detail = serializers.CharField(source="shown_detail", help_text="Per cent, amount, or the name of what is free.")
    amount = MoneyField(max_digits=16)


class TypedCodeSerializer(serializers.Serializer):
    code = CharField(max_length=CODE_LENGTH)
