from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.hours import end_of_business_day
from products.models import Ingredient, Option, Product, StopListEntry
from products.models.stoplist import KINDS
from rest.fields import IdField, ModelSerializer, MomentField

TODAY = "today"


class UntilField(MomentField):
    """A moment to come, or the word for the end of the branch's business day; null is until it is taken off."""

    def to_internal_value(self, value: object) -> datetime:
        now = timezone.now()
        if value == TODAY:
            return end_of_business_day(self.context["branch"], now)
        until = super().to_internal_value(value)
        if until <= now:
            raise serializers.ValidationError(_("That is over already."))
        return until


class StopSerializer(serializers.Serializer):
    """Exactly one of `product`, `option` and `ingredient` is out."""

    product = IdField(queryset=Product.objects.all(), required=False, allow_null=True)
    option = IdField(queryset=Option.objects.all(), required=False, allow_null=True)
    ingredient = IdField(queryset=Ingredient.objects.all(), required=False, allow_null=True)
    until = UntilField(
        required=False,
        allow_null=True,
        default=None,
        help_text="A moment, `today` for the rest of the business day, or null: until it is taken off.",
    )

    def validate(self, attrs: dict) -> dict:
        """Gives the one thing by its kind, and `until`."""
        things = {kind: attrs[kind] for kind in KINDS if attrs.get(kind) is not None}
        if len(things) != 1:
            raise serializers.ValidationError(_("Name one product, one option or one ingredient."))
        return {**things, "until": attrs["until"]}


class StopListEntrySerializer(ModelSerializer):
    name = serializers.CharField(source="stopped.shown_name", read_only=True, help_text="Of what is out.")

    class Meta:
        model = StopListEntry
        fields = ["id", *KINDS, "name", "until", "created_at"]
        read_only_fields = fields
