import json
from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from products.models import Product
from promotions.models.codes import CODE_LENGTH

MAX_QUANTITY = 99
MAX_ITEMS = 50
MAX_FAVOURITES = 50
MAX_OPTIONS = 40
PRODUCT_NAME = {"product_name": models.F("product__name")}


def configuration_key(option_ids: Iterable[int]) -> str:
    """The chosen options as one comparable text, so that the database keeps one line per configuration."""
    return ",".join(str(option_id) for option_id in sorted(option_ids))


ADD = f"""
    INSERT INTO {{table}}
        (user_id, product_id, configuration, options, quantity, position, created_at, updated_at)
    SELECT %(user)s, %(product)s, %(configuration)s, %(options)s, %(quantity)s,
        next, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
    FROM (
        SELECT COUNT(*) AS items, COALESCE(MAX(position) + 1, 0) AS next,
            COUNT(CASE WHEN product_id = %(product)s AND configuration = %(configuration)s THEN 1 END) AS same
        FROM {{table}} WHERE user_id = %(user)s
    ) AS cart
    WHERE items < {MAX_ITEMS} OR same > 0
    ON CONFLICT (user_id, product_id, configuration) DO UPDATE
        SET quantity = {{table}}.quantity + excluded.quantity, updated_at = excluded.updated_at
        WHERE {{table}}.quantity + excluded.quantity <= {MAX_QUANTITY}
    RETURNING id, quantity, (
        SELECT COALESCE(SUM(other.quantity), 0) FROM {{table}} AS other
        WHERE other.user_id = %(user)s AND other.product_id = %(product)s AND other.configuration <> %(configuration)s
    )
"""  # noqa: S608 - the table's own name and numbers of ours


# Two statements, which PostgreSQL takes as one.
REMOVE_OTHERS = """
    DELETE FROM {table} WHERE user_id = %s AND (product_id, configuration) NOT IN (VALUES {keys})
"""
PUT = """
    INSERT INTO {table}
        (user_id, product_id, configuration, options, quantity, position, created_at, updated_at)
    VALUES {rows}
    ON CONFLICT (user_id, product_id, configuration) DO UPDATE
        SET options = excluded.options, quantity = excluded.quantity, position = excluded.position,
            updated_at = excluded.updated_at
    RETURNING id, product_id, configuration
"""


class CartItemQuerySet(models.QuerySet):
    def of(self, user) -> Self:
        return self.filter(user=user)

    def add(self, item: "CartItem") -> int | None:
        """Insert an item, or add its quantity to the one of its configuration, in one statement.

        Gives it its id and its quantity, and says how many of the product are in other configurations. For a 51st item
        or more than 99 of one nothing is changed, and it says None. The caller holds the cart's lock.
        """
        values = {
            **{"user": item.user_id, "product": item.product_id, "configuration": item.configuration},
            **{"options": json.dumps(item.options, ensure_ascii=False), "quantity": item.quantity},
        }
        with connection.cursor() as cursor:
            cursor.execute(ADD.format(table=self.model._meta.db_table), values)
            row = cursor.fetchone()
        if row is None:
            return None
        item.pk, item.quantity, others = row
        return others

    def replace(self, user_id: int, items: list["CartItem"]) -> None:
        """Make a user's cart exactly these items, each of another configuration: one statement on PostgreSQL.

        Those that were there keep their ids. The caller holds the cart's lock.
        """
        keys = [value for item in items for value in (item.product_id, item.configuration)]
        rows = [
            value
            for item in items
            for value in (
                *(user_id, item.product_id, item.configuration, json.dumps(item.options, ensure_ascii=False)),
                *(item.quantity, item.position),
            )
        ]
        table = self.model._meta.db_table
        remove = REMOVE_OTHERS.format(table=table, keys=", ".join(["(%s, %s)"] * len(items)))
        values = "(%s, %s, %s, %s, %s, %s, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        put = PUT.format(table=table, rows=", ".join([values] * len(items)))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"WITH gone AS ({remove}) {put}", [user_id, *keys, *rows])
            else:
                cursor.execute(remove, [user_id, *keys])
                cursor.execute(put, rows)
            ids = {(product_id, configuration): pk for pk, product_id, configuration in cursor.fetchall()}
        for item in items:
            item.pk = ids[item.product_id, item.configuration]


class CartItem(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cart_items")
    product = models.ForeignKey(Product, models.CASCADE, related_name="cart_items", verbose_name=_("product"))
    configuration = models.CharField(max_length=1000, blank=True, editable=False)
    # The names stay when an option is deleted from the catalogue: the customer is told, not quietly served less.
    options = models.JSONField(_("options"), default=list, editable=False, help_text='A list of {"id", "name"}.')
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    position = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CartItemQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "product", "configuration"], name="cart_cartitem_one_per_configuration"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__range=(1, MAX_QUANTITY)), name="cart_cartitem_quantity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class Cart(models.Model):
    """Promo code and reward chosen for a user's cart. There is a row once one was chosen."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    promo_code = models.CharField(_("promo code"), max_length=CODE_LENGTH, blank=True)  # as it was typed
    use_reward = models.BooleanField(_("use a free cup"), default=False)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")

    def __str__(self) -> str:
        return str(self.user)


class Favourite(models.Model):
    """A configuration that a customer likes, to be put into the cart again. It goes with its product."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    name = models.CharField(_("name"), max_length=120)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    options = models.JSONField(_("options"), default=list, help_text='A list of {"id", "name"}.')
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """Favourite's own name, else the product's in the language now in force."""
        return self.name or self.product.shown_name


def contents_of(user) -> list[dict]:
    """Export the cart, for the customer to take along."""
    return list(CartItem.objects.of(user).values("product", "options", "quantity", "created_at", **PRODUCT_NAME))


def favourites_of(user) -> list[dict]:
    return list(Favourite.objects.filter(user=user).values("name", "product", "options", "created_at", **PRODUCT_NAME))
