"""Order states for clients: `order_state` is made without a viewer, `shown_to` adds what depends on who asks."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from cart.models import MAX_ITEMS
from cart.serializers import AddSerializer, ItemsField
from orders.models import Channel, Order, OrderEvent, OrderItem, refuse_own_reason
from orders.sides import moves_from
from orders.statuses import Status
from products.models import Branch
from products.models.translations import in_language
from products.schedule import FURTHEST_PICKUP
from products.serializers.stoplist import StopListEntrySerializer
from promotions.serializers import DiscountSerializer
from rest.fields import (
    BooleanField,
    CharField,
    ChoiceField,
    IntegerField,
    ModelSerializer,
    MomentField,
    MoneyField,
    SlugRelatedField,
    moment_text,
)
from users.models import CustomUser
from users.serializers import PersonSerializer

SHOP = "CoffeeShop"  # who moved it, where no person is to be named


class BoughtOptionSerializer(serializers.Serializer):
    name = serializers.CharField()
    price_delta = MoneyField()


class OrderItemSerializer(ModelSerializer):
    options = BoughtOptionSerializer(many=True)
    subtotal = MoneyField(max_digits=16)

    class Meta:
        model = OrderItem
        fields = [
            "id", "product", "product_name", "options", "unit_price", "quantity", "made", "subtotal", "discount",
            "free_quantity",
        ]  # fmt: skip


class MoverSerializer(serializers.Serializer):
    """Customers see of staff a first name, or "CoffeeShop"; so does everybody of what the shop did by itself."""

    id = IntegerField(allow_null=True, help_text="Null: the shop itself.")
    username = serializers.CharField()
    name = serializers.CharField()


class OrderEventSerializer(ModelSerializer):
    by = MoverSerializer()

    class Meta:
        model = OrderEvent
        fields = ["status", "at", "by"]


class OrderSerializer(ModelSerializer):
    branch = serializers.CharField(source="branch.slug")
    user = PersonSerializer()
    items = OrderItemSerializer(many=True)
    customer_name = serializers.CharField(source="name_to_call", help_text="What to call out.")
    pickup_place = serializers.CharField(
        source="branch.shown_pickup_place", allow_blank=True, help_text="Where to take it."
    )
    discounts = DiscountSerializer(many=True)
    allowed_statuses = serializers.ListField(
        child=serializers.ChoiceField(Status.choices), help_text="Where the one who asks may move it now."
    )
    events = OrderEventSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            "id", "number", "status", "version", "branch", "pickup_place", "channel", "user", "customer_name",
            "is_takeaway", "items", "subtotal_price", "discounts", "total_price", "currency", "note", "pickup_at",
            "promised_at", "first_promised_at", "paid_at", "seen_at", "missing_at", "cancel_reason",
            "allowed_statuses", "created_at", "updated_at", "events",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, order: Order) -> dict:
        """The fields above document it. By hand it takes a fifth of the time, and orders come a hundred at once."""
        viewer = self.context["viewer"]
        return shown_to(order_state(order), viewer.user, is_staff=viewer.is_staff_of(order))


MOMENTS = (
    *("pickup_at", "promised_at", "first_promised_at", "paid_at", "seen_at", "missing_at"),
    *("created_at", "updated_at"),
)


def order_state(order: Order) -> dict:
    """The order without a viewer and in all languages, for broadcasting: `shown_to` makes of it what somebody sees."""
    return {
        "id": order.pk,
        "number": order.number,
        "status": order.status,
        "version": order.version,
        "branch": order.branch.slug,
        "pickup_place": order.branch.pickup_place,
        "pickup_places": order.branch.every("pickup_place"),
        "channel": order.channel,
        "user": {"id": order.user.pk, "username": order.user.username},
        "customer_name": order.name_to_call,
        "is_takeaway": order.is_takeaway,
        "items": [_item(item) for item in order.items.all()],
        "subtotal_price": _money(order.subtotal_price),
        "discounts": order.discounts,
        "total_price": _money(order.total_price),
        "currency": order.currency,
        "note": order.note,
        **{name: moment_text(getattr(order, name)) for name in MOMENTS},
        "cancel_reason": order.cancel_reason,
        "events": [_event(event, order) for event in order.events.all()],
    }


def shown_to(state: dict, user: CustomUser, *, is_staff: bool) -> dict:
    """A state as this user sees it: in the language now in force, with their moves, and for customers without the
    sign-in names of staff.
    """
    shown = state | {
        "pickup_place": in_language(state["pickup_places"], state["pickup_place"]),
        "items": [_in_language(item) for item in state["items"]],
        "discounts": [_discount_in_language(discount) for discount in state["discounts"]],
        "allowed_statuses": list(moves_from(state["status"], is_staff=is_staff)),
    }
    del shown["pickup_places"]
    if not is_staff:
        shown["events"] = [_without_sign_in_name(event, user) for event in state["events"]]
    return shown


def _in_language(item: dict) -> dict:
    """A line without the names that are not shown."""
    line = item | {
        "product_name": in_language(item["product_names"], item["product_name"]),
        "options": [
            {"name": in_language(option.get("names", {}), option["name"]), "price_delta": option["price_delta"]}
            for option in item["options"]
        ],
    }
    del line["product_names"]
    return line


def _discount_in_language(discount: dict) -> dict:
    shown = discount | {"detail": in_language(discount.get("details", {}), discount["detail"])}
    shown.pop("details", None)
    return shown


def _event(event: OrderEvent, order: Order) -> dict:
    return {"status": event.status, "at": moment_text(event.at), "by": _mover(event.by, order)}


def _mover(user: CustomUser | None, order: Order) -> dict:
    if user is None:
        return {"id": None, "username": SHOP, "name": SHOP}
    is_customer = user.pk == order.user_id and order.channel == Channel.APP
    name = user.first_name or (user.username if is_customer else SHOP)
    return {"id": user.pk, "username": user.username, "name": name}


def _without_sign_in_name(event: dict, user: CustomUser) -> dict:
    by = event["by"]
    return event if by["id"] == user.pk else event | {"by": by | {"username": by["name"]}}


def _item(item: OrderItem) -> dict:
    return {
        "id": item.pk,
        "product": item.product_id,
        "product_name": item.product_name,
        "product_names": item.product_names,
        "options": item.options,
        "unit_price": _money(item.unit_price),
        "quantity": item.quantity,
        "made": item.made,
        "subtotal": _money(item.subtotal),
        "discount": _money(item.discount),
        "free_quantity": item.free_quantity,
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


class PlaceOrderSerializer(serializers.Serializer):
    branch = SlugRelatedField(
        slug_field="slug",
        queryset=Branch.objects.active(),
        required=False,
        help_text="A slug. Without it: the default branch.",
    )
    note = CharField(max_length=500, allow_blank=True, required=False)
    customer_name = CharField(max_length=80, allow_blank=True, required=False, help_text="What to call out.")
    is_takeaway = BooleanField(required=False)
    pickup_at = MomentField(required=False, allow_null=True, help_text="Within 14 days. Without it: as soon as we can.")
    expected_total = MoneyField(required=False, help_text="What the customer saw; any other total is refused.")

    channel = ChoiceField(choices=Channel.choices, default=Channel.APP, help_text="`counter` is for staff.")
    items = ItemsField(
        child=AddSerializer(), required=False, help_text="At the counter, instead of a cart: what is ordered."
    )
    is_paid = BooleanField(required=False, help_text="At the counter.")

    def validate_items(self, items: list[dict]) -> list[dict]:
        if len(items) > MAX_ITEMS:
            raise serializers.ValidationError(_("At most %d items.") % MAX_ITEMS)
        return items

    def validate(self, attrs: dict) -> dict:
        if attrs["channel"] == Channel.COUNTER and "items" not in attrs:
            raise serializers.ValidationError({"items": [_("Say what is ordered.")]})
        if attrs["channel"] == Channel.APP:
            attrs.pop("items", None)  # what is ordered is the cart
        return attrs

    def validate_pickup_at(self, value: datetime | None) -> datetime | None:
        now = timezone.now()
        if value is not None and not now <= value <= now + FURTHEST_PICKUP:
            raise serializers.ValidationError(_("Choose a moment within the next 14 days."))
        return value


class ReorderSerializer(serializers.Serializer):
    branch = SlugRelatedField(
        slug_field="slug",
        queryset=Branch.objects.active(),
        required=False,
        help_text="Where the cart is shown. Without it: the default branch.",
    )


class MoveSerializer(serializers.Serializer):
    branch = SlugRelatedField(
        slug_field="slug", queryset=Branch.objects.active(), help_text="The slug of the right one."
    )
    expected_total = MoneyField(required=False, help_text="What the customer saw for that branch.")


class ChangeOrderSerializer(serializers.Serializer):
    status = ChoiceField(choices=Status.choices, required=False)
    note = CharField(max_length=500, allow_blank=True, required=False)
    cancel_reason = CharField(max_length=500, allow_blank=True, required=False, validators=[refuse_own_reason])
    is_paid = BooleanField(required=False, help_text="Staff: whether it is paid.")
    promised_at = MomentField(required=False, help_text="Staff: later than promised so far.")


class MadeSerializer(serializers.Serializer):
    made = IntegerField(min_value=0, help_text="How many cups of the line are made, from 0 to its quantity.")


class HoldingSerializer(ModelSerializer):
    class Meta:
        model = Order
        fields = ["id", "number", "status"]


class StoppedSerializer(StopListEntrySerializer):
    orders = HoldingSerializer(many=True, read_only=True, help_text="Still to be made with what is out.")

    class Meta(StopListEntrySerializer.Meta):
        fields = [*StopListEntrySerializer.Meta.fields, "orders"]
        read_only_fields = fields
