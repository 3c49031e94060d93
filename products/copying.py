"""A branch or a product made after another one: what is particular to that stays behind."""

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from products.models import Branch, BranchHours, BranchProduct, BranchSpecialDay, Product

PARTICULAR = {  # to one branch: where it is, who works there now
    "address", "phone", "latitude", "longitude", "pickup_place", "baristas", "paused_until", "is_default",
}  # fmt: skip
PICTURE = {"image", "image_width", "image_height"}  # is drawn for one product and goes with it
NEW = {"id", "name", "slug", "translations", "is_active", "created_at", "updated_at"}


@transaction.atomic
def copy_product(*, product: Product, name: str, slug: str = "", names: dict[str, str]) -> Product:
    """Copy a product with its option groups, ingredients and descriptions, `names` in other languages; not on the menu
    yet.
    """
    values = _values(product, NEW | PICTURE)
    copy = Product(name=name, slug=slug, translations=_renamed(product, names), is_active=False, **values)
    copy.save()
    for links in Product._meta.many_to_many:
        getattr(copy, links.name).set(getattr(product, links.name).all())
    return copy


@transaction.atomic
def copy_branch(*, branch: Branch, name: str, slug: str = "", names: dict[str, str]) -> Branch:
    """Copy a branch with its hours, the special days to come, and what it sells at which price; not in business yet.

    What the other one counts is sold out here until a first delivery is booked.
    """
    values = _values(branch, NEW | PARTICULAR)
    copy = Branch(name=name, slug=slug, translations=_renamed(branch, names), is_active=False, **values)
    copy.save()
    _copy_rows(BranchHours.objects.filter(branch=branch), copy)
    today = timezone.now().astimezone(branch.tz).date()
    _copy_rows(BranchSpecialDay.objects.filter(branch=branch, date__gte=today), copy)
    _copy_rows(BranchProduct.objects.filter(branch=branch), copy)
    return copy


def _copy_rows(rows, branch: Branch) -> None:
    copies = []
    for row in rows:
        values = _values(row, {"id", "branch"})
        if values.get("stock") is not None:
            values["stock"] = 0
        copies.append(rows.model(branch=branch, **values))
    rows.model.objects.bulk_create(copies)


def _values(row: Model, without: set[str]) -> dict[str, object]:
    """Values of all fields but these: one that comes later is copied, too."""
    names = {field.name for field in row._meta.concrete_fields} - without
    return {name: getattr(row, name) for name in names}


def _renamed(row: Branch | Product, names: dict[str, str]) -> dict:
    """Its translations by their new names; a language without one has none."""
    return {code: {**_texts(row, code), "name": name} for code, name in names.items() if name}


def _texts(row: Branch | Product, language: str) -> dict[str, str]:
    return {name: text for name, text in row.translations.get(language, {}).items() if name not in PARTICULAR}
