from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from rest.fields import ChoiceField, ClientIdField, IdField, IntegerField, ModelSerializer, NumberParameter, is_blank
from support.models import Conversation, Message
from users.models import CustomUser
from users.names import staff_name

MAX_SEQ = 2**31 - 1
PAGE = 100


class SeqField(IntegerField):
    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 0, "max_value": MAX_SEQ, **kwargs})


class TextField(serializers.CharField):
    """Text of a message, stored as it is; white space alone is nothing."""

    def __init__(self, **kwargs):
        super().__init__(max_length=Message.MAX_LENGTH, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if is_blank(data):
            self.fail("blank")
        return data


class NameField(serializers.CharField):
    """Display name that staff read above a customer's messages, and of one another."""

    def to_representation(self, user: CustomUser) -> str:
        return user.get_full_name() or user.username


def author_name(author: CustomUser, *, is_staff: bool) -> str:
    """Display name of an author for everybody in the conversation: a frame is encoded once for all of them."""
    return staff_name(author) if is_staff else NameField().to_representation(author)


class PersonSerializer(ModelSerializer):
    name = NameField(source="*", read_only=True)

    class Meta:
        model = CustomUser
        fields = ["id", "name"]
        ref_name = "ChatPerson"


class AssigneeSerializer(PersonSerializer):
    class Meta(PersonSerializer.Meta):
        ref_name = None  # within the conversation: in Swagger 2.0 a reference cannot be null

    def to_representation(self, assignee: CustomUser) -> dict:
        """Frames with it go to staff alone; over HTTP customers ask, too."""
        request = self.context.get("request")
        if request is None or request.user.is_admin:
            return super().to_representation(assignee)
        return {"id": assignee.pk, "name": staff_name(assignee)}


class AuthorSerializer(serializers.Serializer):
    id = serializers.IntegerField(source="author_id")
    name = serializers.SerializerMethodField(help_text="Of staff the first name, or the shop's.")
    is_staff = serializers.BooleanField(help_text="Wrote this as staff, not as the customer.")

    def get_name(self, message: Message) -> str:
        return author_name(message.author, is_staff=message.is_staff)


class MessageSerializer(ModelSerializer):
    """A message, over HTTP and in the socket's `message` frame alike."""

    type = serializers.CharField(default="message", read_only=True)
    conversation = serializers.IntegerField(source="conversation_id", read_only=True)
    author = AuthorSerializer(source="*", read_only=True)

    class Meta:
        model = Message
        fields = ["type", "conversation", "seq", "client_id", "author", "text", "created_at"]
        read_only_fields = fields


# Serializers made once: building the fields of one takes ten times as long as using it.
message_frame = MessageSerializer().to_representation


def messages_of(user: CustomUser) -> list[dict]:
    """Export the messages of the user's conversation, and what they said as staff."""
    theirs = Message.objects.filter(Q(conversation__customer=user) | Q(author=user)).select_related("author")
    return [message_frame(message) for message in theirs]


class MessagesSerializer(serializers.Serializer):
    results = MessageSerializer(many=True, read_only=True)
    last_seq = serializers.IntegerField(read_only=True, help_text="Of the whole conversation.")


class ConversationSerializer(ModelSerializer):
    """A conversation, over HTTP and in the socket's `conversation` frame alike."""

    customer = PersonSerializer(read_only=True)
    assignee = AssigneeSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Conversation
        fields = [
            "id", "customer", "status", "assignee", "last_seq", "customer_read_seq", "staff_read_seq",
            "waiting_since", "last_message_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


conversation_state = ConversationSerializer().to_representation


class StandingSerializer(ModelSerializer):
    """Snapshot of the conversation for a customer's client that connects."""

    class Meta:
        model = Conversation
        fields = ["id", "status", "last_seq", "customer_read_seq", "staff_read_seq"]


class ChangeConversationSerializer(serializers.Serializer):
    status = ChoiceField(choices=Conversation.Status.choices, required=False)
    assignee = IdField(
        queryset=CustomUser.objects.active().administrators(),
        required=False,
        allow_null=True,
        help_text="The id of an administrator, or null.",
    )


class PostMessageSerializer(serializers.Serializer):
    client_id = ClientIdField(help_text=_("A UUID of yours: sending it again stores nothing twice."))
    text = TextField()


class ReadSerializer(serializers.Serializer):
    seq = SeqField(min_value=1)


class WindowSerializer(serializers.Serializer):
    after = NumberParameter(required=False, help_text=_("The messages that follow this `seq`."))
    before = NumberParameter(required=False, help_text=_("The latest messages below this `seq`."))
    limit = NumberParameter(default=PAGE, min_value=1, help_text=_("At most 100."))

    def validate_limit(self, value: int) -> int:
        return min(value, PAGE)
