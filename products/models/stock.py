from collections.abc import Mapping
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import connection, models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from products.models.base import CatalogueQuerySet
from products.models.branches import Branch
from products.models.catalogue import Product
from products.models.stoplist import ENDLESS, StopListEntry

MAX_STOCK = 2**31 - 1  # what the column holds on every database


class BranchProductQuerySet(CatalogueQuerySet):
    def locked(self) -> Self:
        """Locked in primary-key order, so that two baskets in opposite orders wait and do not deadlock."""
        return self.order_by("pk").select_for_update(of=("self",))

    def low(self) -> Self:
        """Rows at or below their threshold, where the product is sold."""
        sold = self.filter(is_listed=True, product__is_active=True, branch__is_active=True)
        return sold.filter(stock__lte=models.F("low_stock_threshold"))

    def with_sold_out_until(self) -> Self:
        """Annotate `sold_out_until`, which is the end of the product's entry on the branch's stop-list."""
        stops = StopListEntry.objects.filter(branch=models.OuterRef("branch"), product=models.OuterRef("product"))
        end = Coalesce("until", ENDLESS, output_field=models.DateTimeField())
        return self.annotate(sold_out_until=models.Subquery(stops.values_list(end)))

    def add_to_stock(self, changes: Mapping[int, int]) -> None:
        """Add to the stock of each row, by its primary key, in one statement. Lock the rows first."""
        pairs = ", ".join(["(%s, %s)"] * len(changes))
        update = f"""
            UPDATE {self.model._meta.db_table} SET stock = stock + change.column2
            FROM (VALUES {pairs}) AS change WHERE id = change.column1
        """  # noqa: S608 - the table's own name and placeholders
        with connection.cursor() as cursor:
            cursor.execute(update, [number for change in changes.items() for number in change])


class BranchProduct(models.Model):
    """Price, listing and stock of one product at one branch. Without a row it is sold as everywhere."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="branch_products", verbose_name=_("branch"))
    product = models.ForeignKey(Product, models.CASCADE, related_name="branch_products", verbose_name=_("product"))
    is_listed = models.BooleanField(_("listed"), default=True)
    price = models.DecimalField(
        _("price here"), max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    stock = models.PositiveIntegerField(_("stock"), null=True, blank=True, help_text=_("Empty: made to order."))
    low_stock_threshold = models.PositiveIntegerField(
        _("low from"),
        null=True,
        blank=True,
        help_text=_("When so many are left or fewer, the branch's managers get an e-mail. Empty: nobody is told."),
    )

    objects = BranchProductQuerySet.as_manager()

    class Meta:
        ordering = ["branch", "product"]
        verbose_name = _("product at a branch")
        verbose_name_plural = _("products at branches")
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "product"],
                name="products_branchproduct_unique",
                violation_error_message=_("This branch already has its own settings for this product."),
            ),
            models.CheckConstraint(
                condition=models.Q(stock__isnull=True) | models.Q(stock__gte=0),
                name="products_branchproduct_stock_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=0),
                name="products_branchproduct_price_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["branch", "price", "product"], name="products_branch_prices")]

    def __str__(self) -> str:
        return f"{self.product} @ {self.branch}"

    def becomes_low(self, before: int | None, after: int | None) -> bool:
        """True when stock falls past the threshold: once, until there is more than that again."""
        threshold = self.low_stock_threshold
        return threshold is not None and before is not None and after is not None and after <= threshold < before


class StockMovement(models.Model):
    """One change of a tracked stock. The movements of a `BranchProduct` add up to its stock (None counts as 0)."""

    class Reason(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        CORRECTED = "corrected", _("corrected")
        WASTED = "wasted", _("wasted")
        SOLD = "sold", _("sold")
        RETURNED = "returned", _("returned")

    branch_product = models.ForeignKey(BranchProduct, models.CASCADE, related_name="movements")
    change = models.IntegerField(_("change"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    # The order that took or gave back: a number and no foreign key, because orders know products, not the reverse.
    order_id = models.BigIntegerField(_("order"), null=True, db_index=True)
    order_version = models.PositiveIntegerField(null=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.CheckConstraint(condition=~models.Q(change=0), name="products_stockmovement_changes_something"),
            models.CheckConstraint(
                condition=models.Q(reason__in=["sold", "returned"], order_id__isnull=False)
                | models.Q(reason__in=["delivered", "corrected", "wasted"], order_id__isnull=True),
                name="products_stockmovement_order_named",
            ),
            # A version of an order takes once and gives back once, whatever runs in parallel. An order that moves
            # from branch to branch does so more than once.
            models.UniqueConstraint(
                fields=["order_id", "branch_product", "reason", "order_version"],
                condition=models.Q(order_id__isnull=False),
                name="products_stockmovement_once_per_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change:+d} {self.reason}"
