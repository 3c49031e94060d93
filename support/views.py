from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from realtime.limits import buckets
from rest.bodies import validated, validated_query
from support import services
from support.exceptions import ClientIdReused, SeqNotReached
from support.filters import ConversationFilter
from support.models import Conversation, ConversationQuerySet
from support.pagination import NewestFirst
from support.serializers import (
    ChangeConversationSerializer,
    ConversationSerializer,
    MessageSerializer,
    MessagesSerializer,
    PostMessageSerializer,
    ReadSerializer,
    WindowSerializer,
)
from users.permissions import IsAdmin


class ConversationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """The support chat without a socket: a customer's own conversation; all of them for an administrator."""

    queryset = Conversation.objects.all()
    serializer_class = ConversationSerializer
    filterset_class = ConversationFilter
    pagination_class = NewestFirst
    raises = {"post_message": [ClientIdReused, Throttled], "read": [SeqNotReached]}

    def get_permissions(self) -> list:
        return [IsAdmin()] if self.action == "partial_update" else [IsAuthenticated()]

    def get_queryset(self) -> ConversationQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Conversation.objects.none()
        return Conversation.objects.visible_to(self.request.user).with_people()

    @swagger_auto_schema(request_body=no_body, responses={201: ConversationSerializer, 200: ConversationSerializer})
    def create(self, request: Request) -> Response:
        """Your own conversation: opened, or the one you have. Administrators have none."""
        conversation, is_new = services.open_conversation(request.user)
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(conversation).data, status=code)

    @swagger_auto_schema(request_body=ChangeConversationSerializer, responses={200: ConversationSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Close or reopen it, and say who looks after it; for administrators."""
        changes = validated(request, ChangeConversationSerializer)
        conversation = services.change_conversation(conversation_id=int(pk), by=request.user, **changes)
        return Response(self.get_serializer(conversation).data)

    @swagger_auto_schema(query_serializer=WindowSerializer, responses={200: MessagesSerializer})
    @action(detail=True)
    def messages(self, request: Request, pk: str) -> Response:
        """Messages in order: those that follow `after`, or else the latest ones, in both cases below `before`."""
        window = validated_query(request, WindowSerializer)
        conversation = self.get_object()
        page = conversation.messages.select_related("author").window(**window)
        return Response({"results": MessageSerializer(page, many=True).data, "last_seq": conversation.last_seq})

    @swagger_auto_schema(request_body=PostMessageSerializer, responses={201: MessageSerializer, 200: MessageSerializer})
    @messages.mapping.post
    def post_message(self, request: Request, pk: str) -> Response:
        """Say something. The same `client_id` and text again is 200 with the first message."""
        buckets.require_token(request.user.pk)
        message, is_new = services.post_message(
            conversation_id=int(pk), author=request.user, **validated(request, PostMessageSerializer)
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(MessageSerializer(message).data, status=code)

    @swagger_auto_schema(
        operation_id="support_conversations_mark_read",  # Swagger calls GET of one conversation "read"
        request_body=ReadSerializer,
        responses={200: ConversationSerializer},
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """You, or staff, have read up to `seq`. The mark never moves back."""
        seq = validated(request, ReadSerializer)["seq"]
        conversation, _has_moved = services.mark_read(conversation_id=int(pk), reader=request.user, seq=seq)
        return Response(self.get_serializer(conversation).data)
