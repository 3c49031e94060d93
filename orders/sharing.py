"""Signed links that show one order to whoever has them: number, status, promise and place, nothing of the person.

Nothing is stored: the signature makes a link unguessable, and the order's own end makes the link end.
"""

from datetime import timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from orders.models import Order
from orders.statuses import Status

LASTS = timedelta(days=1)  # after the order is closed
CLOSED = [Status.COMPLETED, Status.CANCELLED]
SIGNED = r"[1-9][0-9]{0,17}\.[A-Za-z0-9_-]{43}"


def _signer() -> Signer:
    """Made when it is needed, so that a change of SECRET_KEY counts at once."""
    return Signer(salt="orders.share", sep=".")


def share_link(order: Order) -> str:
    return urljoin(settings.SITE_URL, reverse("shared-order", args=[_signer().sign(str(order.pk))]))


def shared_order(token: str) -> Order:
    """The order of a link. Raises NotFound for a made-up one, and for an order that ended more than a day ago."""
    try:
        pk = int(_signer().unsign(token))
    except BadSignature as error:
        raise NotFound from error
    orders = Order.objects.select_related("branch").annotate(fetch_at=Coalesce("promised_at", "pickup_at"))
    order = orders.exclude(status__in=CLOSED, updated_at__lt=timezone.now() - LASTS).filter(pk=pk).first()
    if order is None:
        raise NotFound
    return order


class ShareLinkSerializer(serializers.Serializer):
    url = serializers.URLField(help_text="The page that shows it to everybody who has the address.")


class SharedOrderSerializer(serializers.Serializer):
    """Nothing else: neither who ordered, nor what, nor what it cost."""

    number = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    promised_at = serializers.DateTimeField(
        source="fetch_at", allow_null=True, help_text="When it should be ready, or is to be fetched."
    )
    branch = serializers.CharField(source="branch.slug")
    branch_name = serializers.CharField(source="branch.shown_name")
    address = serializers.CharField(source="branch.shown_address", allow_blank=True)
    pickup_place = serializers.CharField(source="branch.shown_pickup_place", allow_blank=True)
    timezone = serializers.CharField(source="branch.timezone")


class SharedOrderViewSet(GenericViewSet):
    """An order by its shared link, for whoever has the token."""

    queryset = Order.objects.none()
    serializer_class = SharedOrderSerializer
    permission_classes = [AllowAny]
    authentication_classes = []
    lookup_field = "token"
    lookup_value_regex = SIGNED

    @swagger_auto_schema(responses={200: SharedOrderSerializer})
    def retrieve(self, request: Request, token: str) -> Response:
        """Progress of a shared order, without a sign-in. 404 a day after it was closed, and for a token that is not
        ours.
        """
        return Response(self.get_serializer(shared_order(token)).data, headers={"Cache-Control": "no-store"})
