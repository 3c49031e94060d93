"""Unfinished orders of a branch that need something that has just run out."""

from orders.models import Order, OrderItem
from orders.statuses import UNFINISHED
from products.models import Option, Product, StopListEntry


def orders_holding(entry: StopListEntry) -> list[Order]:
    """The branch's orders that are still to be made with what the entry stops, the oldest first."""
    products, options = _ids(entry, Product), _ids(entry, Option)
    items = OrderItem.objects.filter(order__branch=entry.branch_id, order__status__in=UNFINISHED)
    found = {}
    for item in items.select_related("order").order_by("order__created_at", "order"):
        if item.made < item.quantity and (
            item.product_id in products or options.intersection(option.get("id") for option in item.options)
        ):
            found[item.order_id] = item.order
    return list(found.values())


def _ids(entry: StopListEntry, model: type[Product] | type[Option]) -> set[int]:
    """Ids of the products, or options, that cannot be had without what is stopped."""
    kind = model._meta.model_name
    if entry.ingredient_id is None:
        return {getattr(entry, f"{kind}_id")} - {None}
    links = model.ingredients.through.objects.filter(ingredient=entry.ingredient_id)
    return set(links.values_list(kind, flat=True))
