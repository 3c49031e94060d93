"""Stop-list of a branch: put on and taken off. The one truth behind `sold_out_until`, too."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.utils import timezone

from products.hours import end_of_business_day
from products.models import Branch, Ingredient, Option, Product, StopListEntry
from products.models.stoplist import ENDLESS
from rest.transactions import retrying_atomic
from users.models import CustomUser


@retrying_atomic
def put_on_stop_list(
    *, branch: Branch, until: datetime | None, by: CustomUser | None, **thing: Product | Option | Ingredient
) -> tuple[StopListEntry, bool]:
    """Stop one `product`, `option` or `ingredient` at the branch, or change until when; says whether it was on sale."""
    now = timezone.now()
    was_out = StopListEntry.objects.live(now).filter(branch=branch, **thing).exists()
    values = {"until": None if until == ENDLESS else until, "by": by}
    values |= {} if was_out else {"created_at": now}
    entry, _is_new = StopListEntry.objects.update_or_create(branch=branch, **thing, defaults=values)
    return entry, not was_out


@retrying_atomic
def take_off_stop_list(*, branch: Branch, entry_id: int) -> None:
    """Raises StopListEntry.DoesNotExist for what is not on this branch's list now."""
    StopListEntry.objects.live(timezone.now()).filter(branch=branch).get(pk=entry_id).delete()


@retrying_atomic
def set_sold_out(*, branch: Branch, product: Product, until: datetime | None, by: CustomUser | None) -> None:
    """The same for a product by its `sold_out_until`: None brings it back."""
    if until is None:
        StopListEntry.objects.filter(branch=branch, product=product).delete()
    else:
        put_on_stop_list(branch=branch, product=product, until=until, by=by)


def missing_ingredients(
    *, branch: Branch | None, now: datetime, model: type[Product] | type[Option], ids: Collection[int]
) -> dict[int, Ingredient]:
    """Products or options that lack an ingredient at the branch, each with that ingredient, for telling people."""
    kind = model._meta.model_name
    stops = StopListEntry.objects.at_branch(branch, now)
    links = model.ingredients.through.objects.filter(
        **{f"{kind}__in": ids}, ingredient__in=stops.ids_of("ingredient")
    ).select_related("ingredient")
    return {getattr(link, f"{kind}_id"): link.ingredient for link in links.order_by("-ingredient")}


def sell_out_today(*, branch: Branch, products: Iterable[Product], by: CustomUser) -> None:
    """Stop products until the branch's next business day begins, in one statement."""
    until = end_of_business_day(branch, timezone.now())
    StopListEntry.objects.bulk_create(
        [StopListEntry(branch=branch, product=product, until=until, by=by) for product in products],
        update_conflicts=True,
        unique_fields=["branch", "product"],
        update_fields=["until", "by"],
    )
