from collections import defaultdict
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple, Self
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from products.models.base import CatalogueQuerySet
from products.models.branches import Branch
from products.models.stoplist import Ingredient, StopListEntry
from products.models.translations import (
    LANGUAGES,
    TranslatedModel,
    TranslatedQuerySet,
    every_text,
    name_in,
    shown_name,
)
from products.slugs import NameSlugField
from rest.fields import validate_direction, validate_not_blank

LONGEST_PREPARATION = 3600  # seconds of one barista for one cup


def _boolean(condition: models.Q) -> models.ExpressionWrapper:
    return models.ExpressionWrapper(condition, output_field=models.BooleanField())


class CategoryQuerySet(TranslatedQuerySet):
    def named_with(self, words: list[str]) -> dict[str, list[int]]:
        """Ids of the categories in whose name each word occurs in any language and case, in one query."""
        if not words:
            return {}
        occurs = {f"occurs_{number}": _boolean(models.Q(names__icontains=word)) for number, word in enumerate(words)}
        rows = list(self.alias(names=every_text("name")).order_by("pk").annotate(**occurs).values_list("pk", *occurs))
        return {word: [row[0] for row in rows if row[number]] for number, word in enumerate(words, start=1)}


class Category(TranslatedModel):
    name = models.CharField(_("name"), max_length=80, validators=[validate_not_blank, validate_direction])
    slug = NameSlugField(_("slug"))
    description = models.TextField(_("description"), max_length=2000, blank=True, validators=[validate_direction])
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


class OptionGroupQuerySet(TranslatedQuerySet):
    def with_options_at(self, branch: Branch | None, now: datetime) -> Self:
        """Prefetch all their options as they are at the branch."""
        return self.prefetch_related(models.Prefetch("options", Option.objects.at_branch(branch, now)))

    def unsatisfiable_at(self, branch: Branch | None, now: datetime) -> Self:
        """Groups that ask for more choices than the branch has options left."""
        left = Option.objects.at_branch(branch, now).filter(is_available=True, group=models.OuterRef("pk"))
        number = left.order_by().values("group").annotate(number=models.Count("pk")).values("number")
        return self.filter(min_choices__gt=0).filter(min_choices__gt=Coalesce(models.Subquery(number), 0))


class OptionGroup(TranslatedModel):
    """A question about a product, such as its size, and how many answers it takes."""

    name = models.CharField(_("name"), max_length=80, validators=[validate_not_blank, validate_direction])
    min_choices = models.PositiveSmallIntegerField(_("at least"), default=0)
    max_choices = models.PositiveSmallIntegerField(_("at most"), default=1)

    objects = OptionGroupQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("option group")
        verbose_name_plural = _("option groups")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_choices__gte=models.F("min_choices")) & models.Q(max_choices__gte=1),
                name="products_optiongroup_choices_ordered",
                violation_error_message=_("At most must be 1 or more, and not below at least."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _is_out(model: type[models.Model], branch: Branch | None, now: datetime, path: str = "") -> models.Q:
    """Condition: on the branch's stop-list, or made of something that is. By sets of ids, which the database looks up
    once.
    """
    kind, stops = model._meta.model_name, StopListEntry.objects.at_branch(branch, now)
    made_of_it = model.ingredients.through.objects.filter(ingredient__in=stops.ids_of("ingredient"))
    return models.Q(**{f"{path}pk__in": stops.ids_of(kind)}) | models.Q(**{f"{path}pk__in": made_of_it.values(kind)})


def is_option_available(branch: Branch | None, now: datetime, path: str = "") -> models.ExpressionWrapper:
    """Can an option be had at a branch? `path` leads to it from the rows, as in `option_groups__options__`."""
    return _boolean(models.Q(**{f"{path}is_active": True}) & ~_is_out(Option, branch, now, path))


class OptionQuerySet(CatalogueQuerySet):
    def at_branch(self, branch: Branch | None, now: datetime) -> Self:
        """Annotate `is_available` there."""
        return self.annotate(is_available=is_option_available(branch, now))


class Option(TranslatedModel):
    group = models.ForeignKey(OptionGroup, models.CASCADE, related_name="options", verbose_name=_("group"))
    name = models.CharField(_("name"), max_length=80, validators=[validate_not_blank, validate_direction])
    price_delta = models.DecimalField(_("price difference"), max_digits=10, decimal_places=2, default=0)
    prep_seconds = models.PositiveIntegerField(
        _("seconds to prepare"), default=0, db_default=0, validators=[MaxValueValidator(LONGEST_PREPARATION)]
    )
    is_active = models.BooleanField(_("available"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    ingredients = models.ManyToManyField(
        Ingredient, related_name="options", blank=True, verbose_name=_("ingredients it cannot do without")
    )

    objects = OptionQuerySet.as_manager()

    class Meta:
        ordering = ["group_id", "position", "pk"]
        verbose_name = _("option")
        verbose_name_plural = _("options")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "name"],
                name="products_option_name_unique",
                violation_error_message=_("The group already has an option of that name."),
            ),
            models.CheckConstraint(
                condition=models.Q(prep_seconds__range=(0, LONGEST_PREPARATION)),
                name="products_option_prep_seconds_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def product_image_path(product: "Product", filename: str) -> str:
    """A random name: what the uploader called the file is nobody's business and no path."""
    return f"products/{uuid4().hex}.{filename.rpartition('.')[2]}"


IMAGE_SIZES = {"small": 320, "medium": 800, "large": 1600}  # pixels, at most so wide


def image_size_name(name: str, size: str) -> str:
    """Storage name of a picture's size: beside the original, as WebP."""
    return f"{name.rpartition('.')[0]}-{size}.webp"


class Links(NamedTuple):
    """Ids by id, in their order."""

    groups: dict[int, list[int]]  # of products
    products: dict[int, list[int]]  # their ingredients
    options: dict[int, list[int]]  # their ingredients


class ProductQuerySet(TranslatedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def matching(self, words: list[str]) -> Self:
        """Products in whose name, description or category every word occurs, in any language and case.

        Asks for the categories first: an index serves a condition on one table only.
        """
        products = self.alias(texts=every_text("name", "description"))
        for word, category_ids in Category.objects.named_with(words).items():
            products = products.filter(models.Q(texts__icontains=word) | models.Q(category__in=category_ids))
        return products

    def at_branch(self, branch: Branch | None, now: datetime) -> Self:
        """The one place that knows what a product costs at a branch, and whether it can be had there.

        Adds `branch_price`; `branch_stock`, None when made to order; `is_on_menu`; and `is_offered`: on the menu, not
        on the stop-list, nor any ingredient of it, and with options enough left for what it requires. With stock that
        makes `Product.is_available`. Without a branch all is as on the general menu.
        """
        there = models.FilteredRelation("branch_products", condition=models.Q(branch_products__branch=branch))
        is_listed = models.Q(is_active=True) & ~models.Q(there__is_listed=False)
        unsatisfiable = Product.option_groups.through.objects.filter(
            optiongroup__in=OptionGroup.objects.unsatisfiable_at(branch, now)
        )
        is_makeable = ~_is_out(Product, branch, now) & ~models.Q(pk__in=unsatisfiable.values("product"))
        return self.alias(there=there, own_price=models.F("there__price")).annotate(
            branch_price=Coalesce("there__price", "price"),
            branch_stock=models.F("there__stock"),
            is_on_menu=_boolean(is_listed),
            is_offered=_boolean(is_listed & is_makeable),
        )

    def available(self) -> Self:
        """After `at_branch`: what can be had there, opening hours apart."""
        return self.filter(models.Q(branch_stock__isnull=True) | models.Q(branch_stock__gt=0), is_offered=True)

    def unavailable(self) -> Self:
        return self.filter(models.Q(branch_stock=0) | models.Q(is_offered=False))

    def links_of(self, product_ids: list[int], option_ids: list[int]) -> "Links":
        """The groups and ingredients of these products and the ingredients of these options, in one query."""
        groups = Product.option_groups.through.objects.filter(product__in=product_ids)
        made_of = Product.ingredients.through.objects.filter(product__in=product_ids)
        options = Option.ingredients.through.objects.filter(option__in=option_ids)
        kinds = [
            rows.annotate(kind=models.Value(kind)).values_list("kind", one, other).order_by()
            for kind, rows, one, other in [
                ("groups", groups, "product", "optiongroup"),
                ("products", made_of, "product", "ingredient"),
                ("options", options, "option", "ingredient"),
            ]
        ]
        links = Links(defaultdict(list), defaultdict(list), defaultdict(list))
        for kind, one, other in sorted(kinds[0].union(*kinds[1:], all=True)):
            getattr(links, kind)[one].append(other)
        return links

    def page(self, start: int, stop: int) -> list["Product"]:
        """By price the database would compute and sort the prices of all products. Those with a price of their own at
        the branch are in the order of an index, and so are the others: two short walks, and one look at the rows.
        """
        by, *ties = self.query.order_by or self.model._meta.ordering
        if by not in {"branch_price", "-branch_price"} or ties != ["pk"]:
            return super().page(start, stop)
        sign = by.removesuffix("branch_price")
        own = self.filter(own_price__isnull=False).order_by(f"{sign}own_price", "pk")
        others = self.filter(own_price__isnull=True).order_by(f"{sign}price", "pk")
        walks = [rows.values_list("branch_price", "pk")[:stop] for rows in (own, others)]
        in_order = merge(*walks, key=lambda row: (-row[0] if sign else row[0], row[1]))
        ids = [pk for _price, pk in islice(in_order, start, stop)]
        found = self.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]  # one may be deleted in this very moment

    def average_seconds(self) -> int:
        """Average preparation time of one cup of what is on the menu."""
        average = self.active().aggregate(average=models.Avg("prep_seconds"))["average"]
        return round(average or Product._meta.get_field("prep_seconds").default)

    def by_category(self) -> Self:
        """Order as on a printed menu."""
        named = self.alias(shown_name=shown_name(), category_shown_name=shown_name("category__"))
        in_category = ("position", "shown_name", "pk")
        return named.order_by("category__position", "category_shown_name", "category", *in_category)

    def listed(self) -> Self:
        """After `at_branch`: what that branch has on its menu."""
        return self.filter(is_on_menu=True)


class Product(TranslatedModel):
    name = models.CharField(_("name"), max_length=120, validators=[validate_not_blank, validate_direction])
    slug = NameSlugField(_("slug"))
    description = models.TextField(_("description"), max_length=2000, blank=True, validators=[validate_direction])
    price = models.DecimalField(_("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    image = models.ImageField(_("image"), upload_to=product_image_path, blank=True)
    image_width = models.PositiveSmallIntegerField(null=True, editable=False)  # of the large size; null: not made yet
    image_height = models.PositiveSmallIntegerField(null=True, editable=False)
    option_groups = models.ManyToManyField(
        OptionGroup, related_name="products", blank=True, verbose_name=_("option groups")
    )
    ingredients = models.ManyToManyField(
        Ingredient, related_name="products", blank=True, verbose_name=_("ingredients it cannot do without")
    )
    prep_seconds = models.PositiveIntegerField(
        _("seconds to prepare"), default=60, db_default=60, validators=[MaxValueValidator(LONGEST_PREPARATION)]
    )
    is_active = models.BooleanField(_("on the menu"), default=True)
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=0,
        db_default=0,
        help_text=_("Within the category; equals are in the order of their names."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="products_product_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(prep_seconds__range=(0, LONGEST_PREPARATION)),
                name="products_product_prep_seconds_range",
            ),
        ]
        indexes = [
            *(models.Index(name_in(code), "id", name=f"products_by_name_{code}") for code in LANGUAGES),
            models.Index(fields=["price", "id"], name="products_by_price"),
            models.Index(fields=["position", "id"], name="products_by_position"),
            models.Index(fields=["created_at", "id"], name="products_by_age"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_available(self) -> bool:
        """After `ProductQuerySet.at_branch`: can it be had there? Opening hours do not count."""
        return self.is_offered and self.branch_stock != 0
