from itertools import groupby

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from products.models import Branch, OptionGroup, Product
from products.serializers.branches import BranchSerializer
from products.serializers.catalogue import (
    CategorySerializer,
    OptionGroupSerializer,
    ProductSerializer,
    group_state,
    links_of,
)


class MenuProductSerializer(ProductSerializer):
    option_groups = OptionGroupSerializer(many=True, read_only=True)

    def _groups(self, ids: list[int]) -> list[dict]:
        """The groups themselves, which many products share: each is written once, in `menu_groups`.

        One that was made or deleted between two of the menu's queries is left to the next generation.
        """
        groups = self.context["menu_groups"]
        return [groups[group_id] for group_id in ids if group_id in groups]


class MenuCategorySerializer(CategorySerializer):
    products = MenuProductSerializer(many=True)

    class Meta(CategorySerializer.Meta):
        fields = [*CategorySerializer.Meta.fields, "products"]


class MenuSerializer(serializers.Serializer):
    """Everything a branch sells, at its prices: categories, their products, their option groups, their options."""

    branch = BranchSerializer()
    currency = serializers.ReadOnlyField(default=settings.CURRENCY)
    categories = MenuCategorySerializer(many=True)

    def to_representation(self, branch: Branch) -> dict:
        """In a constant number of queries."""
        now = timezone.now()
        listed = Product.objects.at_branch(branch, now).listed().by_category().select_related("category")
        products, groups = list(listed), list(OptionGroup.objects.with_options_at(branch, now))
        links = links_of(products, groups)
        context = {
            **self.context,
            "menu_groups": {group.pk: group_state(group, links, self.context) for group in groups},
        }
        serializer = MenuProductSerializer(context=context)
        serializer.links = links
        rows = [serializer.to_representation(product) for product in products]
        shown = groupby(zip(products, rows, strict=True), key=lambda pair: pair[0].category)
        return {
            "branch": BranchSerializer(branch, context=self.context).data,
            "currency": settings.CURRENCY,
            "categories": [
                {
                    **CategorySerializer(category, context=self.context).data,
                    "products": [row for _product, row in pairs],
                }
                for category, pairs in shown
            ],
        }
