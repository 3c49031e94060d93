"""The numbers on the guests' screen: public, without names, and the same for everybody."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from orders.models import Order, OrderQuerySet
from orders.statuses import Status
from products.models import Branch
from products.views.branches import BranchViewSet

RESTS = timedelta(minutes=15)  # before its promise a scheduled order is not being made
AT_MOST = 60  # numbers in a column: more can nobody read


class ScreenSerializer(serializers.Serializer):
    making = serializers.ListField(
        child=serializers.CharField(), help_text="Being made: the numbers, first come first."
    )
    ready = serializers.ListField(child=serializers.CharField(), help_text="What is ready, the newest first.")


class ScreenViewSet(GenericViewSet):
    queryset = Branch.objects.active()
    serializer_class = ScreenSerializer
    permission_classes = [AllowAny]
    authentication_classes = []
    lookup_field = "slug"
    lookup_value_regex = BranchViewSet.lookup_value_regex

    @swagger_auto_schema(responses={200: ScreenSerializer})
    @action(detail=True, methods=["get"], pagination_class=None)
    def screen(self, request: Request, slug: str) -> Response:
        """Show the numbers that are being made and that are ready at a branch. Ask again with its `ETag`."""
        return Response(ScreenSerializer(numbers_at(self.get_object())).data, headers={"Cache-Control": "no-cache"})


def numbers_at(branch: Branch) -> dict:
    here = Order.objects.filter(branch=branch)
    is_due = Q(pickup_at__isnull=True) | Q(pickup_at__lte=timezone.now() + RESTS) | Q(status=Status.PREPARING)
    making = here.filter(is_due, status__in=[Status.ACCEPTED, Status.PREPARING])
    ready = here.filter(status=Status.READY)
    return {
        "making": _numbers(making.order_by(Coalesce("promised_at", "created_at"), "pk")),
        "ready": _numbers(ready.order_by("-updated_at", "-pk")),
    }


def _numbers(orders: OrderQuerySet) -> list[str]:
    return list(orders.values_list("number", flat=True)[:AT_MOST])
