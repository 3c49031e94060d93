from django.conf import settings
from rest_framework import serializers

from products.serializers.branches import BranchSerializer
from products.serializers.catalogue import CategorySerializer, OptionGroupSerializer, ProductSerializer


class MenuProductSerializer(ProductSerializer):
    option_groups = OptionGroupSerializer(many=True, read_only=True)


class MenuCategorySerializer(CategorySerializer):
    products = MenuProductSerializer(many=True, source="listed")

    class Meta(CategorySerializer.Meta):
        fields = [*CategorySerializer.Meta.fields, "products"]


class MenuSerializer(serializers.Serializer):
    """Everything a branch sells, at its prices: categories, their products, their option groups, their options."""

    branch = BranchSerializer()
    currency = serializers.ReadOnlyField(default=settings.CURRENCY)
    categories = MenuCategorySerializer(many=True)
