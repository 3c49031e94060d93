"""The e-mail that tells administrators in the morning what yesterday brought."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from orders import mails
from orders.models import MorningMail
from orders.reports.queries import Period, service, totals
from products.models import Branch
from rest.transactions import retrying_atomic

EIGHT = 8  # o'clock, at the default branch


def queue_morning_mail(now: datetime | None = None) -> bool:
    """Once a day, by whichever server comes first; one that was down at eight makes it good. Says whether it did."""
    shop = Branch.objects.default()
    local = (now or timezone.now()).astimezone(shop.tz if shop else UTC)
    if not settings.MORNING_MAIL or local.hour < EIGHT or MorningMail.objects.filter(day=local.date()).exists():
        return False
    return _queue(local)


@retrying_atomic
def _queue(local: datetime) -> bool:
    _mail, is_first = MorningMail.objects.get_or_create(day=local.date())
    if is_first:
        yesterday, branch_ids = local.date() - timedelta(days=1), tuple(Branch.objects.values_list("pk", flat=True))
        period = Period(yesterday, yesterday, branch_ids)
        before = Period(yesterday - timedelta(days=7), yesterday - timedelta(days=7), branch_ids)
        figures = {"this": totals(period), "before": totals(before), "service": service(period)}
        mails.send_yesterday({"day": yesterday, "currency": settings.CURRENCY, **figures})
    return is_first
