from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _
from mailer.models import Message

EXPECTED = timedelta(minutes=10)  # within which every e-mail has been tried


class MailRetryQuerySet(models.QuerySet):
    def due(self, moment: datetime) -> "MailRetryQuerySet":
        return self.filter(next_at__lte=moment).order_by("next_at", "pk")


class MailRetry(models.Model):
    """Retry schedule of a refused e-mail. One without a row is fresh."""

    message = models.OneToOneField("mailer.Message", models.CASCADE, primary_key=True, related_name="retry")
    failures = models.PositiveSmallIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)
    error = models.CharField(max_length=300, blank=True, default="", db_default="")

    objects = MailRetryQuerySet.as_manager()

    class Meta:
        db_table = "mail_retry"

    def __str__(self) -> str:
        return f"e-mail {self.pk} at {self.next_at}"


class QueuedMailQuerySet(models.QuerySet):
    def stuck(self, now: datetime) -> "QueuedMailQuerySet":
        """E-mails that have failed, or should have been tried by now."""
        return self.filter(models.Q(retry__isnull=False) | models.Q(when_added__lt=now - EXPECTED))


class QueuedMail(Message):
    """An e-mail that is not sent yet, as the back office lists it."""

    objects = QueuedMailQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = _("e-mail in the queue")
        verbose_name_plural = _("e-mails in the queue")
