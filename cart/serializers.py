import json

from django.conf import settings
from rest_framework import serializers

from cart.contents import Contents
from cart.lines import Line
from cart.models import MAX_ITEMS, MAX_OPTIONS, MAX_QUANTITY, Favourite
from products.models import Product
from promotions.offers import REASONS, money
from promotions.serializers import DiscountSerializer
from rest.fields import (
    MAX_ID,
    BooleanField,
    BoundedListMixin,
    CharField,
    IdField,
    IntegerField,
    MoneyField,
    moment_text,
)


class OptionIdsField(BoundedListMixin, serializers.ListField):
    child = IntegerField(min_value=1, max_value=MAX_ID)
    most = MAX_OPTIONS

    def __init__(self, **kwargs):
        super().__init__(max_length=MAX_OPTIONS, **kwargs)


class ProductIdField(IdField):
    """Product id checked for its form only: the service reads the product anyway, which saves a query."""

    queryset = Product.objects.active()  # for the document

    def to_internal_value(self, data: object) -> int:
        return self.checked(data)


class AddSerializer(serializers.Serializer):
    product = ProductIdField(source="product_id")
    quantity = IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    options = OptionIdsField(default=list)


class ItemsField(BoundedListMixin, serializers.ListSerializer):
    most = 10 * MAX_ITEMS  # lines of one configuration become one


class ReplaceSerializer(serializers.Serializer):
    items = ItemsField(child=AddSerializer())


class AmendSerializer(serializers.Serializer):
    use_reward = BooleanField(required=False, help_text="Make the cheapest cup that may be free, free.")


class ChangeSerializer(serializers.Serializer):
    quantity = IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    options = OptionIdsField(required=False)


class FavouriteSerializer(serializers.Serializer):
    """A configuration that a customer likes."""

    id = serializers.IntegerField(read_only=True)
    name = CharField(max_length=120, required=False, help_text="Without it: the product's.")
    product = ProductIdField(source="product_id")
    options = OptionIdsField(required=False)

    def to_representation(self, favourite: Favourite) -> dict:
        return {
            "id": favourite.pk,
            "name": favourite.shown_name,
            "product": favourite.product_id,
            "options": [choice["id"] for choice in favourite.options],
        }


PROBLEMS = [  # one of each code, with the figures that it may bring; a test has the cart say every one of them
    {
        "code": "product_unavailable",
        "detail": "Cocoa is not available here. Milk has run out.",
        "item": 7,
        "ingredient": 3,
    },
    {"code": "insufficient_stock", "detail": "Only 1 of Croissant left.", "item": 7, "available": 1},
    {
        "code": "option_unavailable",
        "detail": "Oat milk is not available for Latte. Oat drink has run out.",
        "item": 7,
        "option": 5,
        "ingredient": 3,
    },
    {
        "code": "too_few_choices",
        "detail": "Choose more of Size for Latte.",
        "item": 7,
        "option_group": 2,
        "min_choices": 1,
    },
    {
        "code": "too_many_choices",
        "detail": "Choose fewer of Size for Latte.",
        "item": 7,
        "option_group": 2,
        "max_choices": 1,
    },
    {
        "code": "branch_closed",
        "detail": "CoffeeShop is closed now.",
        "item": None,
        "opens_at": "2027-03-01T07:00:00Z",
    },
    {
        "code": "promo_not_applicable",
        "detail": "The code SUMMER is valid from a total of 5.00.",
        "item": None,
        "reason": "min_total",
        "min_total": "5.00",
    },
    {
        "code": "reward_not_applicable",
        "detail": "There is no free cup on your card.",
        "item": None,
        "reason": "used_up",
    },
]
CODES = [problem["code"] for problem in PROBLEMS]


class ProblemSerializer(serializers.Serializer):
    """A problem that keeps the cart from being ordered; each code brings its own figures."""

    code = serializers.ChoiceField(CODES)
    detail = serializers.CharField()
    item = serializers.IntegerField(allow_null=True)
    available = serializers.IntegerField(required=False)
    option = serializers.IntegerField(required=False, allow_null=True)
    ingredient = serializers.IntegerField(required=False, help_text="That is out: why it is unavailable.")
    option_group = serializers.IntegerField(required=False)
    min_choices = serializers.IntegerField(required=False)
    max_choices = serializers.IntegerField(required=False)
    opens_at = serializers.DateTimeField(required=False, allow_null=True)
    reason = serializers.ChoiceField(REASONS, required=False, help_text="Why a promo code or a reward does not apply.")
    min_total = serializers.CharField(required=False)

    class Meta:
        swagger_schema_fields = {
            "description": "\n".join(
                [
                    "What stands in the way of ordering. One of each:",
                    *("", "```", *(json.dumps(problem) for problem in PROBLEMS), "```"),
                ]
            ),
            "example": PROBLEMS[1],
            "x-examples": {problem["code"]: problem for problem in PROBLEMS},
        }

    def to_representation(self, problem: dict) -> dict:
        return problem  # the fields above document it; a problem without a figure has no such key


class ChosenOptionSerializer(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="Null once deleted from the menu.")
    name = serializers.CharField()
    price_delta = MoneyField()


class LineSerializer(serializers.Serializer):
    """The fields document it. Written by hand it takes a quarter of the time, and every change of a cart shows it."""

    id = serializers.IntegerField(source="item.pk")
    product = serializers.IntegerField(source="product.pk")
    product_name = serializers.CharField(source="product.shown_name")
    image = serializers.ImageField(source="product.image", allow_null=True)
    options = ChosenOptionSerializer(source="chosen", many=True)
    quantity = serializers.IntegerField(source="item.quantity")
    unit_price = MoneyField(max_digits=12)
    subtotal = MoneyField(max_digits=16)
    problems = ProblemSerializer(many=True)

    def to_representation(self, line: Line) -> dict:
        image = line.product.image
        return {
            "id": line.item.pk,
            "product": line.product.pk,
            "product_name": line.product.shown_name,
            "image": self.context["request"].build_absolute_uri(image.url) if image else None,
            "options": [
                {"id": choice.id, "name": choice.name, "price_delta": money(choice.price_delta)}
                for choice in line.chosen
            ],
            "quantity": line.item.quantity,
            "unit_price": money(line.unit_price),
            "subtotal": money(line.subtotal),
            "problems": line.problems,
        }


class CartSerializer(serializers.Serializer):
    """As `LineSerializer`, written by hand."""

    branch = serializers.CharField(source="branch.slug", allow_null=True, default=None)
    currency = serializers.ReadOnlyField(default=settings.CURRENCY)
    items = LineSerializer(source="lines", many=True)
    promo_code = serializers.CharField(
        source="offers.typed", read_only=True, help_text="As it was typed; empty without one."
    )
    use_reward = serializers.BooleanField(source="offers.use_reward")
    total_quantity = serializers.IntegerField()
    subtotal_price = MoneyField(max_digits=16, help_text="Before discounts.")
    discounts = DiscountSerializer(many=True)
    total_price = MoneyField(max_digits=16, help_text="What is paid.")
    ready_at = serializers.DateTimeField(
        allow_null=True, help_text="When it would be ready, ordered now; null while it cannot be had for now."
    )
    is_orderable = serializers.BooleanField()
    problems = ProblemSerializer(many=True)

    def to_representation(self, cart: Contents) -> dict:
        line = LineSerializer(context=self.context)
        return {
            "branch": cart.branch and cart.branch.slug,
            "currency": settings.CURRENCY,
            "items": [line.to_representation(one) for one in cart.lines],
            "promo_code": cart.offers.typed,
            "use_reward": cart.offers.use_reward,
            "total_quantity": cart.total_quantity,
            "subtotal_price": money(cart.subtotal_price),
            "discounts": DiscountSerializer(cart.discounts, many=True).data,
            "total_price": money(cart.total_price),
            "ready_at": moment_text(cart.ready_at),
            "is_orderable": cart.is_orderable,
            "problems": cart.problems,
        }


class SlotsSerializer(serializers.Serializer):
    branch = serializers.CharField()
    date = serializers.DateField(help_text="Of the branch's calendar.")
    slots = serializers.ListField(child=serializers.DateTimeField(), help_text="For `pickup_at`, in order.")


class SkippedSerializer(serializers.Serializer):
    product_name = serializers.CharField()
    code = serializers.ChoiceField(["product_unavailable", "option_unavailable", "too_many", "cart_full"])


class ReorderedSerializer(CartSerializer):
    """The cart, and what of the order could not be put into it."""

    skipped = SkippedSerializer(many=True)
