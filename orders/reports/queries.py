"""Queries of the reports: over the sums of days, and over the few orders that went wrong."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import OWN_REASONS, Channel, DaySum, Order
from orders.reports.booking import BROKEN, KEPT
from orders.statuses import Status
from products.hours import business_day
from products.models import Branch, Category, Product

Kind = DaySum.Kind
BY = ("day", "hour", "branch", "product", "category", "channel")
MOST_REASONS = 50
CENT = Decimal("0.01")
SUMS = {f"sum_{name}": Sum(name) for name in ("orders", "cups", "gross", "discounts")}


@dataclass(frozen=True)
class Period:
    """Business days, the last one included, at these branches."""

    first: date
    last: date
    branch_ids: tuple[int, ...]

    @property
    def condition(self) -> Q:
        return Q(business_day__range=(self.first, self.last), branch__in=self.branch_ids)


def today_at(branch: Branch | None) -> date:
    """Business day of the branch, or of the shop: after midnight an open night still belongs to its evening."""
    branch, now = branch or Branch.objects.default(), timezone.now()
    return business_day(branch, now) if branch else now.astimezone(UTC).date()


def sales(period: Period, by: str) -> list[dict]:
    """Rows of `by`: days, hours and channels in their order, the rest by what it brought. Two queries at the most."""
    of_day = by in {"day", "branch"}
    column = {"day": "business_day", "branch": "branch__slug"}.get(by, "key")
    sums = DaySum.objects.filter(period.condition, kind=Kind.CHANNEL if of_day else by)
    rows = [
        {"key": str(row[column]), "name": str(row[column]), **_figures(row)}
        for row in sums.order_by(column).values(column).annotate(**SUMS)
    ]
    if by in NAMES:
        _give_names(rows, NAMES[by]([row["key"] for row in rows]))
    return sorted(rows, key=lambda row: -row["net"]) if by in {"branch", "product", "category"} else rows


def totals(period: Period) -> dict:
    """Totals over the orders of the period: rows by product or category count an order once for each."""
    return _figures(DaySum.objects.filter(period.condition, kind=Kind.CHANNEL).aggregate(**SUMS))


def _figures(row: dict) -> dict:
    orders, cups, gross, discounts = (int(row[name] or 0) for name in SUMS)
    net = gross - discounts
    average = (Decimal(net) / orders / 100).quantize(CENT) if orders else Decimal("0.00")
    return {
        **{"orders": orders, "cups": cups, "gross": _money(gross), "discounts": _money(discounts)},
        **{"net": _money(net), "average": average},
    }


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _give_names(rows: list[dict], names: dict[str, str]) -> None:
    for row in rows:
        row["name"] = names.get(row["key"]) or _("No longer there")


def _shown_names(model: type, column: str = "pk") -> Callable[[Iterable[str]], dict[str, str]]:
    def names(keys: Iterable[str]) -> dict[str, str]:
        rows = model.objects.filter(**{f"{column}__in": [key for key in keys if key]})
        return {str(getattr(row, column)): row.shown_name for row in rows}

    return names


def _channel_names(keys: Iterable[str]) -> dict[str, str]:
    return {channel.value: str(channel.label) for channel in Channel}


NAMES = {
    "branch": _shown_names(Branch, "slug"),
    "product": _shown_names(Product),
    "category": _shown_names(Category),
    "channel": _channel_names,
    "hour": lambda keys: {key: f"{key}:00" for key in keys},
}


def service(period: Period) -> dict:
    """Service figures: minutes to ready, promises kept, and orders that went wrong."""
    sums = DaySum.objects.filter(period.condition, kind__in=[Kind.MINUTES, Kind.PROMISE])
    counted = dict.fromkeys((KEPT, BROKEN), 0)
    minutes: dict[int, int] = {}
    for kind, key, number in sums.order_by().values_list("kind", "key").annotate(number=Sum("orders")):
        if kind == Kind.PROMISE:
            counted[key] = int(number)
        else:
            minutes[int(key)] = int(number)
    promised = sum(counted.values())
    return {
        "promised": promised,
        "ready_by_promise": counted[KEPT],
        "ready_by_promise_percent": _share(counted[KEPT], promised),
        "median_minutes": _percentile(minutes, 50),
        "p90_minutes": _percentile(minutes, 90),
        **_trouble(period),
    }


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else None


def _percentile(histogram: dict[int, int], percent: int) -> int | None:
    """Percentile by the nearest rank: the smallest value that so many percent do not exceed."""
    rank, below = -(-sum(histogram.values()) * percent // 100), 0
    for value, number in sorted(histogram.items()):
        below += number
        if below >= rank:
            return value
    return None


def _trouble(period: Period) -> dict:
    orders = Order.objects.filter(period.condition).order_by()
    noticed = orders.filter(Q(missing_at__isnull=False) | Q(unseen_told_at__isnull=False))
    reasons = orders.filter(status=Status.CANCELLED).values("cancel_reason").annotate(number=Count("pk"))
    cancellations = [
        {"reason": row["cancel_reason"], "text": _in_words(row["cancel_reason"]), "orders": row["number"]}
        for row in reasons.order_by("-number", "cancel_reason")
    ]
    return {
        "cancelled": sum(row["orders"] for row in cancellations),
        "cancellations": cancellations[:MOST_REASONS],
        **noticed.aggregate(not_seen_in_time=Count("unseen_told_at"), missing=Count("missing_at")),
    }


def _in_words(reason: str) -> str:
    return str(OWN_REASONS.get(reason, reason)) or _("No reason given")
