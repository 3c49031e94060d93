from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from support.models import Conversation, ConversationQuerySet, Message
from support.services import change_conversation
from users.backoffice import ReadOnlyAdmin


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["customer", "status", "waiting_since", "assignee", "last_message_at"]
    list_filter = ["status", ("waiting_since", admin.EmptyFieldListFilter)]
    list_select_related = ["customer", "assignee"]
    search_fields = ["customer__username", "customer__email"]
    actions = ["close", "reopen", "take_over"]

    def get_queryset(self, request) -> ConversationQuerySet:
        return super().get_queryset(request).queue()

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
