from django.db.models.fields.files import ImageFieldFile
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from products.models import Category, Ingredient, Option, OptionGroup, Product
from products.models.catalogue import IMAGE_SIZES, Links, image_size_name
from products.serializers.translations import TranslatedSerializer, translations_for
from rest.fields import (
    MAX_ID,
    IdsField,
    IntegerField,
    MoneyField,
    WholeRowSerializer,
    moment_text,
)

MAX_OPTIONS = 100  # in one group


class CategorySerializer(TranslatedSerializer):
    class Meta:
        model = Category
        fields = ["id", "name", "slug", "description", "position", "translations"]


class IngredientSerializer(TranslatedSerializer):
    class Meta:
        model = Ingredient
        fields = ["id", "name", "translations"]


def links_of(products: list[Product], groups: list[OptionGroup] = ()) -> Links:
    """Read the links of products and of the groups' options in one query."""
    options = [option.pk for group in groups for option in group.options.all()]
    return Product.objects.links_of([product.pk for product in products], options)


class OptionSerializer(TranslatedSerializer, WholeRowSerializer):
    id = IntegerField(required=False, min_value=1, max_value=MAX_ID, help_text="Of an option that is there already.")
    price_delta = MoneyField(default="0.00")
    is_available = serializers.BooleanField(read_only=True, help_text="Can it be had at the branch asked for?")
    ingredients = IdsField(queryset=Ingredient.objects.all(), required=False, help_text="It cannot do without these.")

    class Meta:
        model = Option
        fields = [
            "id", "name", "price_delta", "prep_seconds", "is_active", "is_available", "position", "ingredients",
            "translations",
        ]  # fmt: skip


def group_state(group: OptionGroup, links: Links, context: dict) -> dict:
    """Serialize a group as `OptionGroupSerializer` documents, with the options of `Option.objects.at_branch`."""
    options = [
        {
            "id": option.pk,
            "name": option.shown_name,
            "price_delta": f"{option.price_delta:.2f}",
            "prep_seconds": option.prep_seconds,
            "is_active": option.is_active,
            "is_available": option.is_available,
            "position": option.position,
            "ingredients": links.options.get(option.pk, []),
            **translations_for(context, option),
        }
        for option in group.options.all()
    ]
    limits = {"min_choices": group.min_choices, "max_choices": group.max_choices}
    return {
        "id": group.pk,
        "name": group.shown_name,
        **limits,
        "options": options,
        **translations_for(context, group),
    }


class OptionGroupListSerializer(serializers.ListSerializer):
    def to_representation(self, data) -> list[dict]:
        groups = list(data)
        links = links_of([], groups)
        return [group_state(group, links, self.context) for group in groups]


class OptionGroupSerializer(TranslatedSerializer):
    """`options` is the whole list: known ids are changed, new ones added, missing ones removed."""

    options = OptionSerializer(many=True, max_length=MAX_OPTIONS, required=False)

    class Meta:
        model = OptionGroup
        fields = ["id", "name", "min_choices", "max_choices", "options", "translations"]
        list_serializer_class = OptionGroupListSerializer

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

    def to_representation(self, group: OptionGroup) -> dict:
        return group_state(group, links_of([], [group]), self.context)


class PriceHereField(MoneyField):
    """Reads as the price at the branch asked for; writes the price everywhere."""

    def get_attribute(self, product: Product):
        return product.branch_price


class ProductListSerializer(serializers.ListSerializer):
    def to_representation(self, data) -> list[dict]:
        """With what all rows are linked to asked for at once."""
        products = list(data)
        self.child.links = links_of(products)
        return super().to_representation(products)


class ImagesSerializer(serializers.Serializer):
    """WebP, at most 320, 800 and 1600 pixels wide; `width` and `height` are those of the large one."""

    small = serializers.URLField()
    medium = serializers.URLField()
    large = serializers.URLField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ProductSerializer(TranslatedSerializer):
    links: Links | None = None  # of all rows at once, where there are several

    price = PriceHereField(min_value=0)
    category_name = serializers.CharField(source="category.shown_name", read_only=True)
    option_groups = IdsField(queryset=OptionGroup.objects.all(), required=False)
    ingredients = IdsField(queryset=Ingredient.objects.all(), required=False, help_text="It cannot do without these.")
    images = ImagesSerializer(read_only=True, allow_null=True, help_text="Null without a picture.")
    is_available = serializers.BooleanField(
        read_only=True, help_text="Can it be had at the branch asked for? Opening hours do not count."
    )

    class Meta:
        model = Product
        fields = [
            "id", "name", "slug", "description", "price", "category", "category_name", "image", "images",
            "option_groups", "ingredients", "prep_seconds", "position", "is_active", "is_available", "created_at",
            "updated_at", "translations",
        ]  # fmt: skip
        extra_kwargs = {"image": {"read_only": True, "allow_null": True}}
        list_serializer_class = ProductListSerializer

    def to_representation(self, product: Product) -> dict:
        """Serialize by hand to the same as the fields above, because lists are long and DRF's fields slow."""
        links = self.links or links_of([product])
        return {
            "id": product.pk,
            "name": product.shown_name,
            "slug": product.slug,
            "description": product.shown_description,
            "price": f"{product.branch_price:.2f}",
            "category": product.category_id,
            "category_name": product.category.shown_name,
            "image": self._url(product.image),
            "images": self._images(product),
            "option_groups": self._groups(links.groups.get(product.pk, [])),
            "ingredients": links.products.get(product.pk, []),
            "prep_seconds": product.prep_seconds,
            "position": product.position,
            "is_active": product.is_active,
            "is_available": product.is_available,
            "created_at": moment_text(product.created_at),
            "updated_at": moment_text(product.updated_at),
            **translations_for(self.context, product),
        }

    def _url(self, image: ImageFieldFile) -> str | None:
        return self.context["request"].build_absolute_uri(image.url) if image else None

    def _images(self, product: Product) -> dict | None:
        if not product.image or product.image_width is None:
            return None
        build, url = self.context["request"].build_absolute_uri, product.image.storage.url
        sizes = {size: build(url(image_size_name(product.image.name, size))) for size in IMAGE_SIZES}
        return {**sizes, "width": product.image_width, "height": product.image_height}

    def _groups(self, ids: list[int]) -> list:
        return ids


class ProductDetailSerializer(ProductSerializer):
    option_groups_detail = OptionGroupSerializer(source="option_groups", many=True, read_only=True)

    class Meta(ProductSerializer.Meta):
        fields = [*ProductSerializer.Meta.fields, "option_groups_detail"]

    def to_representation(self, product: Product) -> dict:
        groups = list(product.option_groups.all())
        self.links = links_of([product], groups)
        shown = [group_state(group, self.links, self.context) for group in groups]
        return {**super().to_representation(product), "option_groups_detail": shown}


class ImageSerializer(serializers.Serializer):
    image = serializers.FileField()
