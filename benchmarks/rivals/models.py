"""The shop's tables, as a project of one's own would have them."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce, Now


class User(AbstractUser):
    role = models.CharField(max_length=10)
    language = models.CharField(max_length=2)

    class Meta:
        managed = False
        db_table = "users_customuser"


class Category(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80)
    description = models.TextField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        managed = False
        db_table = "products_category"
        ordering = ["position", "name", "pk"]


class OptionGroup(models.Model):
    name = models.CharField(max_length=80)
    min_choices = models.PositiveSmallIntegerField()
    max_choices = models.PositiveSmallIntegerField()

    class Meta:
        managed = False
        db_table = "products_optiongroup"
        ordering = ["pk"]


class Option(models.Model):
    group = models.ForeignKey(OptionGroup, models.CASCADE, related_name="options")
    name = models.CharField(max_length=80)
    price_delta = models.DecimalField(max_digits=10, decimal_places=2)
    is_active = models.BooleanField()
    position = models.PositiveSmallIntegerField()
    prep_seconds = models.PositiveIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "products_option"
        ordering = ["position", "pk"]


class Branch(models.Model):
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    phone = models.CharField(max_length=40)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    timezone = models.CharField(max_length=64)
    is_active = models.BooleanField()
    is_default = models.BooleanField()
    baristas = models.PositiveSmallIntegerField()
    paused_until = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "products_branch"


class BranchHours(models.Model):
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        managed = False
        db_table = "products_branchhours"
        ordering = ["weekday", "opens"]


class BranchSpecialDay(models.Model):
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="special_days")
    date = models.DateField()
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True)

    class Meta:
        managed = False
        db_table = "products_branchspecialday"
        ordering = ["date", "opens"]


class ProductQuerySet(models.QuerySet):
    def at_branch(self, branch):
        listed = Q(is_active=True) & ~Q(there__is_listed=False)
        in_stock = Q(there__stock__isnull=True) | Q(there__stock__gt=0)
        not_sold_out = Q(there__sold_out_until__isnull=True) | Q(there__sold_out_until__lte=Now())
        return self.alias(
            there=FilteredRelation("branch_products", condition=Q(branch_products__branch=branch))
        ).annotate(
            branch_price=Coalesce("there__price", "price"),
            branch_stock=F("there__stock"),
            is_listed=models.ExpressionWrapper(listed, models.BooleanField()),
            is_available=models.ExpressionWrapper(listed & in_stock & not_sold_out, models.BooleanField()),
        )


class Product(models.Model):
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=80)
    description = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    image = models.ImageField(blank=True)
    option_groups = models.ManyToManyField(OptionGroup, db_table="products_product_option_groups")
    prep_seconds = models.PositiveIntegerField(default=60)
    is_active = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "products_product"
        ordering = ["name", "pk"]


class BranchProduct(models.Model):
    branch = models.ForeignKey(Branch, models.CASCADE, related_name="branch_products")
    product = models.ForeignKey(Product, models.CASCADE, related_name="branch_products")
    is_listed = models.BooleanField()
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    stock = models.PositiveIntegerField(null=True)
    sold_out_until = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "products_branchproduct"


class CartItem(models.Model):
    """In a table of the rival's own, which `fill_rival_carts` makes: ours keeps the options within the item."""

    user = models.ForeignKey(User, models.CASCADE, related_name="cart_items")
    product = models.ForeignKey(Product, models.CASCADE)
    options = models.ManyToManyField(Option, db_table="rival_cartitem_options")
    quantity = models.PositiveSmallIntegerField(default=1)

    class Meta:
        managed = False
        db_table = "rival_cartitem"
        ordering = ["pk"]


class Order(models.Model):
    user = models.ForeignKey(User, models.PROTECT)
    branch = models.ForeignKey(Branch, models.PROTECT)
    business_day = models.DateField()
    number = models.CharField(max_length=10)
    status = models.CharField(max_length=10, default="pending")
    subtotal_price = models.DecimalField(max_digits=16, decimal_places=2)
    total_price = models.DecimalField(max_digits=16, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")
    note = models.TextField()
    pickup_at = models.DateTimeField(null=True)
    promised_at = models.DateTimeField(null=True)
    cancel_reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "orders_order"


class OrderItem(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.SET_NULL, null=True)
    product_name = models.CharField(max_length=120)
    options = models.JSONField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    quantity = models.PositiveSmallIntegerField()

    class Meta:
        managed = False
        db_table = "orders_orderitem"
        ordering = ["pk"]

    @property
    def subtotal(self):
        return self.unit_price * self.quantity


class OrderEvent(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    status = models.CharField(max_length=10)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, models.PROTECT)

    class Meta:
        managed = False
        db_table = "orders_orderevent"
        ordering = ["pk"]


class OpenWork(models.Model):
    order_id = models.BigIntegerField(primary_key=True)
    branch = models.ForeignKey(Branch, models.CASCADE)
    due_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()

    class Meta:
        managed = False
        db_table = "products_openwork"
        ordering = ["due_at"]


class PickupCounter(models.Model):
    branch = models.ForeignKey(Branch, models.CASCADE)
    business_day = models.DateField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "orders_pickupcounter"


class StockMovement(models.Model):
    branch_product = models.ForeignKey(BranchProduct, models.CASCADE)
    change = models.IntegerField()
    reason = models.CharField(max_length=10)
    order_id = models.BigIntegerField()
    by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "products_stockmovement"


class IdempotencyRecord(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    operation = models.CharField(max_length=30)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "users_idempotencyrecord"
