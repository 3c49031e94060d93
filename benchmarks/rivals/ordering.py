"""A cart in plain DRF, and placing an order with our guarantees: locks, stock, promise, key, timeline, e-mails."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from benchmarks.rivals.hours import standing
from benchmarks.rivals.models import (
    Branch,
    BranchProduct,
    CartItem,
    IdempotencyRecord,
    OpenWork,
    Option,
    Order,
    OrderEvent,
    OrderItem,
    PickupCounter,
    Product,
    StockMovement,
    User,
)
from benchmarks.rivals.rules import EMAIL, first_that_fits


class Conflict(APIException):
    status_code = 409


class PlaceSerializer(serializers.Serializer):
    branch = serializers.SlugRelatedField(slug_field="slug", queryset=Branch.objects.all(), required=False)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")
    expected_total = serializers.DecimalField(max_digits=10, decimal_places=2, required=False)


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "username"]


class ItemSerializer(serializers.ModelSerializer):
    subtotal = serializers.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        model = OrderItem
        fields = ["id", "product", "product_name", "options", "unit_price", "quantity", "subtotal"]


class EventSerializer(serializers.ModelSerializer):
    by = PersonSerializer()

    class Meta:
        model = OrderEvent
        fields = ["status", "at", "by"]


class OrderSerializer(serializers.ModelSerializer):
    branch = serializers.CharField(source="branch.slug")
    user = PersonSerializer()
    items = ItemSerializer(many=True)
    allowed_statuses = serializers.SerializerMethodField()
    events = EventSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            "id", "number", "status", "branch", "user", "items", "total_price", "currency", "note", "pickup_at",
            "promised_at", "cancel_reason", "allowed_statuses", "created_at", "updated_at", "events",
        ]  # fmt: skip

    def get_allowed_statuses(self, order):
        return ["cancelled"] if order.status in {"pending", "accepted"} else []


class OrdersView(APIView):
    permission_classes = [IsAuthenticated]

    @transaction.atomic
    def post(self, request):
        user = User.objects.select_for_update().get(pk=request.user.pk)
        record, is_new = claim(user, request)
        if not is_new:
            return Response(json.loads(record.body), status=record.status, headers={"Idempotency-Replayed": "true"})
        serializer = PlaceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        order = place(user, **serializer.validated_data)
        order = Order.objects.select_related("user", "branch").prefetch_related("items", "events__by").get(pk=order.pk)
        data = OrderSerializer(order).data
        record.status, record.body = 201, json.dumps(data, cls=JSONEncoder)
        record.save()
        return Response(data, status=201)


def claim(user, request):
    """The user's row is locked, so a twin waits for it."""
    fingerprint = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()
    record, is_new = IdempotencyRecord.objects.get_or_create(
        user=user,
        operation="orders.place",
        key=request.headers["Idempotency-Key"],
        defaults={"fingerprint": fingerprint},
    )
    if record.fingerprint != fingerprint:
        raise ValidationError("The key was used with another body.")
    return record, is_new


def place(user, note, branch=None, expected_total=None):
    branch = branch or get_object_or_404(Branch, is_default=True)
    if not standing(branch.timezone, branch.hours.all(), timezone.now())["is_open"]:
        raise Conflict("The branch is closed.")
    items = list(user.cart_items.prefetch_related("options"))
    if not items:
        raise ValidationError("The cart is empty.")
    ids = [item.product_id for item in items]
    stock = {row.product_id: row for row in locked(branch, ids)}
    products = Product.objects.at_branch(branch).prefetch_related("option_groups").in_bulk(ids)
    for item in items:
        check(item, products[item.product_id])
    total = sum(price(item, products[item.product_id]) * item.quantity for item in items)
    if expected_total is not None and expected_total != total:
        raise Conflict("The total has changed.")
    seconds = sum(work_of(item, products[item.product_id]) for item in items)
    promised_at = promise(branch, seconds)
    order = write(user, branch, note, total, promised_at, [(item, products[item.product_id]) for item in items])
    OpenWork.objects.create(order_id=order.pk, branch=branch, due_at=promised_at, seconds=seconds)
    for item in items:
        if item.product_id in stock and stock[item.product_id].stock is not None:
            take(stock[item.product_id], item.quantity, order, user)
    user.cart_items.all().delete()
    write_emails(order)
    return order


def locked(branch, product_ids):
    return BranchProduct.objects.select_for_update().filter(branch=branch, product__in=product_ids).order_by("pk")


def check(item, product):
    groups = {group.pk for group in product.option_groups.all()}
    chosen = item.options.all()
    if not product.is_available or (product.branch_stock is not None and product.branch_stock < item.quantity):
        raise Conflict(f"{product.name} is not available.")
    if any(not option.is_active or option.group_id not in groups for option in chosen):
        raise Conflict(f"An option of {product.name} is not available.")
    for group in product.option_groups.all():
        if not group.min_choices <= sum(option.group_id == group.pk for option in chosen) <= group.max_choices:
            raise Conflict(f"Choose among {group.name}.")


def price(item, product):
    return max(Decimal(0), product.branch_price + sum(option.price_delta for option in item.options.all()))


def work_of(item, product):
    return item.quantity * (product.prep_seconds + sum(option.prep_seconds for option in item.options.all()))


def promise(branch, seconds):
    """Earliest moment at which so much work will be ready. The branch stays locked."""
    branch = Branch.objects.select_for_update().get(pk=branch.pk)
    now = timezone.now()
    if branch.paused_until and branch.paused_until > now:
        raise Conflict("The branch takes a break.")
    moment = first_that_fits(list(OpenWork.objects.filter(branch=branch)), seconds, branch.baristas, now)
    if moment > now + timedelta(hours=24):
        raise Conflict("There is too much to do.")
    return moment


def write(user, branch, note, total, promised_at, lines):
    day = timezone.now().date()
    counter, _is_new = PickupCounter.objects.select_for_update().get_or_create(branch=branch, business_day=day)
    counter.last_number += 1
    counter.save()
    order = Order.objects.create(
        user=user,
        branch=branch,
        business_day=day,
        number=f"{counter.last_number:03d}",
        subtotal_price=total,
        total_price=total,
        promised_at=promised_at,
        note=note,
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product=product,
            product_name=product.name,
            options=[{"name": option.name, "price_delta": str(option.price_delta)} for option in item.options.all()],
            unit_price=price(item, product),
            quantity=item.quantity,
        )
        for item, product in lines
    )
    OrderEvent.objects.create(order=order, status="pending", by=user)
    return order


def take(row, quantity, order, user):
    BranchProduct.objects.filter(pk=row.pk).update(stock=F("stock") - quantity)
    StockMovement.objects.create(branch_product=row, change=-quantity, reason="sold", order_id=order.pk, by=user)


def write_emails(order):
    lines = "\n".join(f"{item.quantity} x {item.product_name}  {item.subtotal}" for item in order.items.all())
    for reader in [order.user, *User.objects.filter(is_active=True, role="admin")]:
        text = EMAIL.format(reader.username, order.number, order.branch.name, lines, order.total_price, order.currency)
        send_mail(f"Order {order.number} at {order.branch.name}", text, None, [reader.email])


class CartItemSerializer(serializers.ModelSerializer):
    product = serializers.PrimaryKeyRelatedField(queryset=Product.objects.filter(is_active=True))
    options = serializers.PrimaryKeyRelatedField(queryset=Option.objects.all(), many=True, required=False)
    product_name = serializers.CharField(source="product.name", read_only=True)
    unit_price = serializers.SerializerMethodField()
    subtotal = serializers.SerializerMethodField()

    class Meta:
        model = CartItem
        fields = ["id", "product", "product_name", "options", "quantity", "unit_price", "subtotal"]

    def validate(self, attrs):
        groups = set(attrs["product"].option_groups.values_list("pk", flat=True))
        if any(option.group_id not in groups for option in attrs.get("options", [])):
            raise ValidationError({"options": "This is no option of the product."})
        return attrs

    def get_unit_price(self, item):
        product = Product.objects.at_branch(Branch.objects.get(is_default=True)).get(pk=item.product_id)
        return f"{price(item, product):.2f}"

    def get_subtotal(self, item):
        return f"{Decimal(self.get_unit_price(item)) * item.quantity:.2f}"

    @transaction.atomic
    def create(self, validated_data):
        """The same product with the same options adds up, as long as nobody else adds at the same moment."""
        wanted = {option.pk for option in validated_data.get("options", [])}
        user, product = validated_data["user"], validated_data["product"]
        for item in user.cart_items.filter(product=product).prefetch_related("options"):
            if {option.pk for option in item.options.all()} == wanted:
                item.quantity += validated_data.get("quantity", 1)
                item.save()
                return item
        return super().create(validated_data)


class CartViewSet(ModelViewSet):
    serializer_class = CartItemSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        return self.request.user.cart_items.select_related("product").prefetch_related("options")

    def perform_create(self, serializer):
        serializer.save(user=self.request.user)


router = DefaultRouter()
router.register("cart", CartViewSet, basename="cart")
urlpatterns = [
    path("api/orders/", OrdersView.as_view()),
    path("api/", include(router.urls)),
    path("healthz", lambda request: HttpResponse("ok")),
]
