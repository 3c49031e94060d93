from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import NotAuthenticated

from support.models import Conversation, ConversationQuerySet, Message
from support.pages import CONSOLE_TEXTS
from support.services import change_conversation
from users.backoffice import ReadOnlyAdmin
from users.tokens import access_for


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["customer", "status", "waiting_since", "assignee", "last_message_at"]
    list_filter = ["status", ("waiting_since", admin.EmptyFieldListFilter)]
    list_select_related = ["customer", "assignee"]
    search_fields = ["customer__username", "customer__email"]
    actions = ["close", "reopen", "take_over"]

    def get_queryset(self, request) -> ConversationQuerySet:
        return super().get_queryset(request).queue()

    def get_urls(self) -> list:
        return [
            path("console/", self.admin_site.admin_view(self.console), name="support_console"),
            path("console/token/", never_cache(self.console_token), name="support_console_token"),
            *super().get_urls(),
        ]

    def console(self, request: HttpRequest) -> HttpResponse:
        """The page that staff answer from; all it shows comes over the API, with the tokens it is given."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Support console"),
            "texts": CONSOLE_TEXTS,
            "is_nav_sidebar_enabled": False,
        }
        return TemplateResponse(request, "support/console.html", context)

    def console_token(self, request: HttpRequest) -> JsonResponse:
        """An access token for the console, which ends with the admin session: both are of one session epoch."""
        if not self.admin_site.has_permission(request) or request.user.lacks_second_factor:
            refusal = NotAuthenticated()
            return JsonResponse({"detail": refusal.detail, "code": refusal.get_codes()}, status=401)
        return JsonResponse({"access": access_for(request.user)})

    @admin.action(description=_("Close the selected conversations"))
    def close(self, request, conversations: ConversationQuerySet) -> None:
        self._change(request, conversations, status=Conversation.Status.CLOSED)

    @admin.action(description=_("Reopen the selected conversations"))
    def reopen(self, request, conversations: ConversationQuerySet) -> None:
        self._change(request, conversations, status=Conversation.Status.OPEN)

    @admin.action(description=_("Assign the selected conversations to me"))
    def take_over(self, request, conversations: ConversationQuerySet) -> None:
        self._change(request, conversations, assignee=request.user)

    def _change(self, request, conversations: ConversationQuerySet, **changes) -> None:
        for conversation in conversations:
            change_conversation(conversation_id=conversation.pk, by=request.user, **changes)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["conversation", "seq", "author", "is_staff", "text", "created_at"]
    list_select_related = ["conversation__customer", "author"]
    search_fields = ["text", "conversation__customer__username"]
    date_hierarchy = "created_at"
