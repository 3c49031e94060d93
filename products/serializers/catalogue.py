from django.db.models.fields.files import ImageFieldFile
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.models import Category, Option, OptionGroup, Product
from rest.fields import (
    MAX_ID,
    IdsField,
    IntegerField,
    ModelSerializer,
    MoneyField,
    WholeRowSerializer,
    moment_text,
)

MAX_OPTIONS = 100  # in one group


class CategorySerializer(ModelSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "slug", "description", "position"]


class OptionSerializer(WholeRowSerializer):
    id = IntegerField(required=False, min_value=1, max_value=MAX_ID, help_text="Of an option that is there already.")
    price_delta = MoneyField(default="0.00")

    class Meta:
        model = Option
        fields = ["id", "name", "price_delta", "is_active", "position"]


class OptionGroupSerializer(ModelSerializer):
    """`options` is the whole list: known ids are changed, new ones added, missing ones removed."""

    options = OptionSerializer(many=True, max_length=MAX_OPTIONS, required=False)

    class Meta:
        model = OptionGroup
        fields = ["id", "name", "min_choices", "max_choices", "options"]

    def validate_options(self, options: list[dict]) -> list[dict]:
        known = set() if self.instance is None else set(self.instance.options.values_list("pk", flat=True))
        ids = [option["id"] for option in options if "id" in option]
        if not known.issuperset(ids):
            raise serializers.ValidationError(_("The group has no such option."))
        if len(set(ids)) < len(ids) or len({option["name"] for option in options}) < len(options):
            raise serializers.ValidationError(_("An option is given twice."))
        return options

    def validate(self, attrs: dict) -> dict:
        smallest = attrs.get("min_choices", self.instance.min_choices if self.instance else 0)
        largest = attrs.get("max_choices", self.instance.max_choices if self.instance else 1)
        if largest < max(1, smallest):
            raise serializers.ValidationError({"max_choices": _("At most must be 1 or more, and not below at least.")})
        return attrs


class PriceHereField(MoneyField):
    """Reads as the price at the branch asked for; writes the price everywhere."""

    def get_attribute(self, product: Product):
        return product.branch_price


class ProductListSerializer(serializers.ListSerializer):
    def to_representation(self, data) -> list[dict]:
        """With the option groups of all rows asked for at once."""
        products = list(data)
        self.child.group_ids = OptionGroup.objects.ids_of([product.pk for product in products])
        return super().to_representation(products)


class ProductSerializer(ModelSerializer):
    price = PriceHereField(min_value=0)
    category_name = serializers.CharField(source="category.name", read_only=True)
    option_groups = IdsField(queryset=OptionGroup.objects.all(), required=False)
    is_available = serializers.BooleanField(
        read_only=True, help_text="Can it be had at the branch asked for? Opening hours do not count."
    )

    class Meta:
        model = Product
        fields = [
            "id", "name", "slug", "description", "price", "category", "category_name", "image", "option_groups",
            "is_active", "is_available", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs = {"image": {"read_only": True, "allow_null": True}}
        list_serializer_class = ProductListSerializer

    def to_representation(self, product: Product) -> dict:
        """What the fields above would give; by hand, because lists are long and DRF's fields slow."""
        return {
            "id": product.pk,
            "name": product.name,
            "slug": product.slug,
            "description": product.description,
            "price": f"{product.branch_price:.2f}",
            "category": product.category_id,
            "category_name": product.category.name,
            "image": self._url(product.image),
            "option_groups": self._group_ids(product),
            "is_active": product.is_active,
            "is_available": product.is_available,
            "created_at": moment_text(product.created_at),
            "updated_at": moment_text(product.updated_at),
        }

    def _url(self, image: ImageFieldFile) -> str | None:
        return self.context["request"].build_absolute_uri(image.url) if image else None

    def _group_ids(self, product: Product) -> list[int]:
        if hasattr(self, "group_ids"):
            return self.group_ids.get(product.pk, [])
        return [group.pk for group in product.option_groups.all()]


class ProductDetailSerializer(ProductSerializer):
    option_groups_detail = OptionGroupSerializer(source="option_groups", many=True, read_only=True)

    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "option_groups_detail"]

    def to_representation(self, product: Product) -> dict:
        groups = OptionGroupSerializer(product.option_groups.all(), many=True).data
        return {**super().to_representation(product), "option_groups_detail": groups}


class ImageSerializer(serializers.Serializer):
    image = serializers.FileField()
