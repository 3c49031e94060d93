"""Integrity checks of stamps. Each rule is one statement, so it sees one moment of a shop that sells."""

from collections.abc import Iterator

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from promotions.models import StampCard, StampEntry


def problems() -> Iterator[str]:
    for card in _wrong_cards().iterator():
        yield (
            f"stamp card of user {card.pk} has {card.stamps} stamps and {card.rewards} rewards, "
            f"its entries add up to {card.entered_stamps} and {card.entered_rewards}"
        )
    for entry in _without_card().iterator():
        yield f"user {entry['user']} has stamp entries and no card"
    for entry in _negative().iterator():
        yield f"stamps of user {entry.user_id} were below zero at entry {entry.pk}"
    for entry in _shared_rewards().iterator():
        yield f"reward {entry.pk} of user {entry.user_id} was given out {1 - entry.left} times"


def _wrong_cards() -> QuerySet:
    cards = StampCard.objects.annotate(entered_stamps=_sum_of("stamps"), entered_rewards=_sum_of("rewards"))
    return cards.exclude(entered_stamps=F("stamps"), entered_rewards=F("rewards"))


def _sum_of(column: str) -> Coalesce:
    entries = StampEntry.objects.filter(user=OuterRef("pk")).order_by().values("user")
    return Coalesce(Subquery(entries.annotate(total=Sum(column)).values("total")), 0)


def _without_card() -> QuerySet:
    return StampEntry.objects.filter(user__stamp_card__isnull=True).order_by().values("user").distinct()


def _negative() -> QuerySet:
    entries = StampEntry.objects.order_by().annotate(
        **{f"{name}_then": Window(Sum(name), partition_by="user", order_by="pk") for name in ("stamps", "rewards")}
    )
    return entries.filter(Q(stamps_then__lt=0) | Q(rewards_then__lt=0))


def _shared_rewards() -> QuerySet:
    """Rewards that more than one order holds or took."""
    rewards = StampEntry.objects.filter(kind=StampEntry.Kind.EXCHANGED).order_by()
    return rewards.annotate(left=F("rewards") + Coalesce(Sum("uses__rewards"), 0)).exclude(left__in=[0, 1])
