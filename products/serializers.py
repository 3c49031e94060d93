from rest_framework import serializers

from CoffeeShop.rest.fields import IdField, ModelSerializer, MoneyField
from products.models import Category, Option, OptionGroup, Product


class CategorySerializer(ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "slug", "description", "position"]


class OptionSerializer(ModelSerializer):
    price_delta = MoneyField(default="0.00")

    class Meta:
        model = Option
        fields = ["id", "name", "price_delta", "is_active", "position"]


class OptionGroupSerializer(ModelSerializer):
    options = OptionSerializer(many=True, read_only=True)

    class Meta:
        model = OptionGroup
        fields = ["id", "name", "min_choices", "max_choices", "options"]


class PriceHereField(MoneyField):
    """Reads as the price at the branch asked for; writes the price everywhere."""

    def get_attribute(self, product: Product):
        return product.branch_price


class ProductSerializer(ModelSerializer):
    price = PriceHereField(min_value=0)
    category_name = serializers.CharField(source="category.name", read_only=True)
    option_groups = IdField(many=True, queryset=OptionGroup.objects.all(), required=False)
    is_available = serializers.BooleanField(
        read_only=True, help_text="Can it be had at the branch asked for? Opening hours do not count."
    )

    class Meta:
        model = Product
        fields = [
            "id", "name", "slug", "description", "price", "category", "category_name", "image", "option_groups",
            "is_active", "is_available", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["image"]


class ProductDetailSerializer(ProductSerializer):
    option_groups_detail = OptionGroupSerializer(source="option_groups", many=True, read_only=True)

    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "option_groups_detail"]
