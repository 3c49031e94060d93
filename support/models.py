from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ConversationQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """A customer's own conversation; all of them for an administrator."""
        return self if user.is_admin else self.filter(customer=user)

    def with_people(self) -> Self:
        return self.select_related("customer", "assignee")

    def changed_since(self, moment: datetime) -> Self:
        return self.filter(updated_at__gte=moment)

    def with_reminder_due(self, moment: datetime) -> Self:
        """Conversations whose e-mail about unread answers is due: their customer has been away for so long."""
        return self.filter(reminder_due_at__lte=moment).order_by("reminder_due_at")

    def queue(self) -> Self:
        """Order as staff work: whoever has waited longest for an answer first, then the latest talk."""
        return self.order_by(models.F("waiting_since").asc(nulls_last=True), "-last_message_at", "-pk")

    def locked(self) -> Self:
        return self.select_for_update(of=("self",))


class Conversation(models.Model):
    """One customer's talk with the shop. Its row lock gives out `seq`, so messages commit in order without holes."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    # With the customer goes an empty conversation; messages PROTECT theirs.
    customer = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversation")
    status = models.CharField(_("status"), max_length=6, choices=Status.choices, default=Status.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assignee")
    )
    last_seq = models.PositiveIntegerField(default=0)
    customer_read_seq = models.PositiveIntegerField(default=0)
    staff_read_seq = models.PositiveIntegerField(default=0)
    # Up to where e-mails have told the customer of answers, and when the next e-mail is due if they stay away.
    customer_notified_seq = models.PositiveIntegerField(default=0)
    reminder_due_at = models.DateTimeField(null=True, editable=False)
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    last_message_at = models.DateTimeField(_("last message"), null=True, blank=True)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    # Set under the row lock and always growing, so that it tells which of two snapshots is the newer one.
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False, db_index=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "closed"]), name="support_conversation_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    customer_read_seq__lte=models.F("last_seq"),
                    staff_read_seq__lte=models.F("last_seq"),
                    customer_notified_seq__lte=models.F("last_seq"),
                ),
                name="support_conversation_read_not_beyond_last",
            ),
        ]
        indexes = [
            # On PostgreSQL ascending means nulls last, as the queue wants it.
            models.Index(fields=["waiting_since", "-last_message_at", "-id"], name="support_queue"),
            models.Index(fields=["-created_at", "-id"], name="support_newest_first"),
            models.Index(
                fields=["reminder_due_at"],
                condition=models.Q(reminder_due_at__isnull=False),
                name="support_reminder_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer}"

    def is_visible_to(self, user) -> bool:
        return user.is_admin or self.customer_id == user.pk

    def unread_answers(self) -> "MessageQuerySet":
        """Staff's messages that the customer has neither read nor had an e-mail about."""
        return self.messages.after(max(self.customer_read_seq, self.customer_notified_seq)).filter(is_staff=True)


class MessageQuerySet(models.QuerySet):
    def after(self, seq: int) -> Self:
        """Messages after `seq`, in order."""
        return self.filter(seq__gt=seq).order_by("seq")

    def window(self, *, after: int | None = None, before: int | None = None, limit: int) -> list["Message"]:
        """At most `limit` messages, in order: those next after `after`, otherwise the latest, in both cases below
        `before`.
        """
        messages = self if before is None else self.filter(seq__lt=before)
        if after is not None:
            return list(messages.after(after)[:limit])
        return list(messages.order_by("-seq")[:limit])[::-1]


class Message(models.Model):
    MAX_LENGTH = 4000

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="messages")
    seq = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    is_staff = models.BooleanField(_("from staff"))
    client_id = models.UUIDField()
    text = models.TextField(_("text"), max_length=MAX_LENGTH)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["conversation", "seq"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="support_message_seq_unique"),
            models.UniqueConstraint(fields=["author", "client_id"], name="support_message_client_id_unique"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="support_message_seq_positive"),
            models.CheckConstraint(condition=~models.Q(text=""), name="support_message_text_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"
