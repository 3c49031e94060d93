"""The mail queue in the back office: who has not got what, since when and why. Never its text: it holds links that open
accounts.
"""

from django.contrib import admin, messages
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from CoffeeShop.models import EXPECTED, MailRetry, QueuedMail
from products.admin.moments import local_time
from products.models import Branch
from users.backoffice import ReadOnlyAdmin


class StuckFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("Failed, or not tried for ten minutes"))]

    def queryset(self, request: HttpRequest, queue: QuerySet) -> QuerySet:
        return queue.stuck(timezone.now()) if self.value() == "yes" else queue


class QueuedMailAdmin(ReadOnlyAdmin):
    """Read-only list of the mail queue. Sent e-mails are deleted; one refused for a day, or failing for three, is given
    up.
    """

    list_display = fields = readonly_fields = ["to", "subject", "queued_at", "failures", "reason", "next_at"]
    list_display_links = None
    list_filter = [StuckFilter]
    list_select_related = ["retry"]
    ordering = ["when_added", "pk"]
    actions = ["send_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Annotate the shop's time zone, asked for once."""
        return super().get_queryset(request).annotate(zone=Value(Branch.objects.default_timezone()))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)  # of the apps whose rows administrators may change this is none

    def has_view_permission(self, request: HttpRequest, obj: QueuedMail | None = None) -> bool:
        return self.has_module_permission(request)

    @admin.display(description=gettext_lazy("recipient"))
    def to(self, mail: QueuedMail) -> str:
        return ", ".join(mail.to_addresses)

    @admin.display(description=gettext_lazy("subject"))
    def subject(self, mail: QueuedMail) -> str:
        return mail.subject

    @admin.display(description=gettext_lazy("queued"), ordering="when_added")
    def queued_at(self, mail: QueuedMail) -> str:
        return local_time(mail.when_added, Branch(timezone=mail.zone))

    @admin.display(description=gettext_lazy("failed attempts"))
    def failures(self, mail: QueuedMail) -> int:
        return retry.failures if (retry := _retry_of(mail)) else 0

    @admin.display(description=gettext_lazy("why"))
    def reason(self, mail: QueuedMail) -> str:
        if retry := _retry_of(mail):
            return retry.error
        if mail.when_added < timezone.now() - EXPECTED:
            return _("Not tried yet: is the mail server reachable, and does send_queued_mail run?")
        return ""

    @admin.display(description=gettext_lazy("next attempt"))
    def next_at(self, mail: QueuedMail) -> str:
        retry = _retry_of(mail)
        return local_time(retry and retry.next_at, Branch(timezone=mail.zone))

    @admin.action(description=gettext_lazy("Send again"))
    def send_again(self, request: HttpRequest, queue: QuerySet) -> None:
        """Reschedule for the next run, which locks them: this one only says when that may be."""
        due = MailRetry.objects.filter(message__in=queue).update(next_at=timezone.now())
        text = ngettext("%d e-mail is tried again now.", "%d e-mails are tried again now.", due) % due
        self.message_user(request, text, messages.SUCCESS if due else messages.WARNING)


def _retry_of(mail: QueuedMail) -> MailRetry | None:
    return getattr(mail, "retry", None)
