from datetime import datetime

from django.db import models


class MailRetryQuerySet(models.QuerySet):
    def due(self, moment: datetime) -> "MailRetryQuerySet":
        return self.filter(next_at__lte=moment).order_by("next_at", "pk")


class MailRetry(models.Model):
    """When an e-mail that was refused is tried again. What has none is fresh."""

    message = models.OneToOneField("mailer.Message", models.CASCADE, primary_key=True, related_name="retry")
    failures = models.PositiveSmallIntegerField(default=0)
    first_failed_at = models.DateTimeField()
    next_at = models.DateTimeField(db_index=True)

    objects = MailRetryQuerySet.as_manager()

    class Meta:
        db_table = "mail_retry"

    def __str__(self) -> str:
        return f"e-mail {self.pk} at {self.next_at}"
