from django.db import transaction
from drf_yasg.utils import swagger_auto_schema
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ModelViewSet

from promotions.models import PromoCode, StampCard, StampEntry, StampProgramme
from promotions.serializers import PromoCodeSerializer, StampProgrammeSerializer, StampsSerializer
from rest.exceptions import InUse
from users.permissions import IsAdmin, ReadOnly

MAX_ENTRIES = 50  # of a card, the newest ones


class PromoCodeViewSet(ModelViewSet):
    """Words that make an order cheaper. One that was used cannot be deleted (409 `in_use`): switch it off."""

    queryset = PromoCode.objects.with_uses().prefetch_related("branches", "categories")
    serializer_class = PromoCodeSerializer
    permission_classes = [IsAdmin]
    filter_backends = []
    raises = {"destroy": [InUse]}

    @transaction.atomic
    def perform_create(self, serializer: PromoCodeSerializer) -> None:
        serializer.save()

    @transaction.atomic
    def perform_update(self, serializer: PromoCodeSerializer) -> None:
        serializer.save()


class StampViewSet(GenericViewSet):
    """The caller's own stamp card."""

    queryset = StampCard.objects.none()
    serializer_class = StampsSerializer
    pagination_class = None
    filter_backends = []

    @swagger_auto_schema(responses={200: StampsSerializer})
    def list(self, request: Request) -> Response:
        """Your stamps and free cups, and where they come from."""
        card = StampCard.objects.filter(user=request.user).first() or StampCard(user=request.user)
        needed = card.rule["needed"] if card.stamps else StampProgramme.objects.current().stamps_needed
        entries = StampEntry.objects.filter(user=request.user)[:MAX_ENTRIES]
        shown = {"stamps": card.stamps, "needed": needed, "rewards": card.rewards, "entries": entries}
        return Response(self.get_serializer(shown).data)


class StampProgrammeViewSet(GenericViewSet):
    """The stamp programme of the shop. Everybody reads it, administrators change it."""

    queryset = StampProgramme.objects.all()
    serializer_class = StampProgrammeSerializer
    permission_classes = [ReadOnly | IsAdmin]
    pagination_class = None
    filter_backends = []

    def get_authenticators(self) -> list:
        return [] if self.request and self.request.method in SAFE_METHODS else super().get_authenticators()

    @swagger_auto_schema(responses={200: StampProgrammeSerializer})
    def list(self, request: Request) -> Response:
        """Stamp programme: what earns stamps, how many a free cup takes, and what it may cost."""
        return Response(self.get_serializer(StampProgramme.objects.current()).data)

    @transaction.atomic
    def amend(self, request: Request) -> Response:
        """Change the programme. Cards that are begun, and free cups that were earned, keep their rule."""
        serializer = self.get_serializer(StampProgramme.objects.current(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)
