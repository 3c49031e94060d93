from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from products.models.base import CatalogueQuerySet
from products.models.translations import TranslatedModel, TranslatedQuerySet
from products.slugs import NameSlugField, validate_not_a_route
from rest.fields import validate_direction, validate_not_blank
from rest.prepared import Prepared
from users.models import CustomUser

MOST_BARISTAS = 20


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("There is no such time zone."), code="invalid")


EARTH = 6_371_000  # metres: its mean radius


def distance(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Metres between two points given by latitude and longitude, along a great circle: the haversine formula."""
    (lat1, lng1), (lat2, lng2) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lng2 - lng1) / 2) ** 2
    return round(2 * EARTH * asin(min(1, sqrt(half))))


class BranchQuerySet(TranslatedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def staffed_by(self, user: CustomUser) -> Self:
        """Branches in business at which the user has a position; all of them for an administrator."""
        branches = self.active()
        if user.is_active and user.is_admin:
            return branches
        return branches.filter(staff__user=user.pk, staff__user__is_active=True)

    def locked(self) -> Self:
        """Locked against whoever else promises or sets something there; rows that point to it may still be written."""
        return self.select_for_update(no_key=True)

    def nearest_to(self, latitude: float, longitude: float) -> Self:
        """The nearest first, with `distance_m`; those whose place nobody knows last. Computed here: a chain has few."""
        places = self.filter(latitude__isnull=False, longitude__isnull=False).order_by()
        here = (latitude, longitude)
        metres = [
            models.When(pk=pk, then=distance(here, (float(lat), float(lng))))
            for pk, lat, lng in places.values_list("pk", "latitude", "longitude")
        ]
        near = Cast(models.Case(*metres, default=None), models.IntegerField())
        return self.annotate(distance_m=near).order_by(models.F("distance_m").asc(nulls_last=True), "name", "pk")

    def default(self) -> "Branch | None":
        """The branch of those who name none, of all branches there are."""
        return next(iter(DEFAULT()), None)

    def default_timezone(self) -> str:
        """The clock of the shop: its default branch's."""
        shop = self.default()
        return shop.timezone if shop is not None else "UTC"


class Branch(TranslatedModel):
    slug = NameSlugField(_("slug"), validators=[validate_not_a_route])
    name = models.CharField(_("name"), max_length=120, validators=[validate_not_blank, validate_direction])
    address = models.CharField(_("address"), max_length=300, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    pickup_place = models.CharField(
        _("pick-up place"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("Where customers take their order."),
    )
    baristas = models.PositiveSmallIntegerField(
        _("baristas at the bar"),
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_BARISTAS)],
    )
    paused_until = models.DateTimeField(
        _("paused until"), null=True, blank=True, help_text=_("Until then, orders for as soon as possible are refused.")
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_timezone])
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=settings.LANGUAGES,
        default="en",
        db_default="en",
        help_text=_("Of the board and the labels."),
    )
    is_active = models.BooleanField(_("in business"), default=True)
    is_default = models.BooleanField(_("default"), default=False)

    objects = BranchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="products_branch_one_default",
                violation_error_message=_("Another branch is the default already."),
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True) | models.Q(latitude__range=(-90, 90)),
                name="products_branch_latitude_range",
                violation_error_message=_("A latitude lies between -90 and 90."),
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True) | models.Q(longitude__range=(-180, 180)),
                name="products_branch_longitude_range",
                violation_error_message=_("A longitude lies between -180 and 180."),
            ),
            models.CheckConstraint(
                condition=models.Q(baristas__range=(1, MOST_BARISTAS)), name="products_branch_baristas_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_address(self) -> str:
        return self.shown("address")

    @property
    def shown_pickup_place(self) -> str:
        return self.shown("pickup_place")

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def is_paused_at(self, now: datetime) -> bool:
        """A pause ends by itself."""
        return self.paused_until is not None and self.paused_until > now


DEFAULT = Prepared(lambda: Branch.objects.active().filter(is_default=True).order_by())


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class BranchHours(models.Model):
    """One opening interval of a weekday, in the branch's own time; closing at or before opening means past midnight."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = [
            models.UniqueConstraint(fields=["branch", "weekday", "opens"], name="products_branchhours_unique"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="products_branchhours_weekday_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class BranchSpecialDay(models.Model):
    """A date that replaces its weekday's hours: one interval, or closed all day when both times are empty."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="special_days")
    date = models.DateField(_("date"))
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["date", "opens"]
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        constraints = [
            models.UniqueConstraint(fields=["branch", "date", "opens"], name="products_branchspecialday_unique"),
            models.UniqueConstraint(
                fields=["branch", "date"],
                condition=models.Q(opens__isnull=True),
                name="products_branchspecialday_closed_once",
            ),
            models.CheckConstraint(
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(opens__isnull=False, closes__isnull=False),
                name="products_branchspecialday_both_or_neither",
                violation_error_message=_("Give both times, or neither for a closed day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d}"
