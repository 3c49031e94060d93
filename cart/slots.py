"""Pick-up slots for the caller's cart."""

import re
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cart.contents import read_cart
from cart.models import CartItem
from cart.serializers import SlotsSerializer
from products.schedule import free_slots
from products.views.staff import OfBranchMixin
from rest.pagination import refuse_repetition

DATE = openapi.Parameter(
    "date",
    openapi.IN_QUERY,
    "A day of the branch's calendar, such as 2027-03-01. Without it: today.",
    type=openapi.TYPE_STRING,
    format=openapi.FORMAT_DATE,
)


class SlotsViewSet(OfBranchMixin, GenericViewSet):
    """The pick-up times that a branch can still promise."""

    queryset = CartItem.objects.none()
    serializer_class = SlotsSerializer
    pagination_class = None
    described_parameters = {"list": [DATE]}
    filter_backends = []

    @swagger_auto_schema(responses={200: SlotsSerializer})
    def list(self, request: Request, slug: str) -> Response:
        """List the pick-up times of a day, in steps of 5 minutes, that are still free for the caller's cart."""
        branch, now = self.branch, timezone.now()
        day = _date_of(request) or now.astimezone(branch.tz).date()
        seconds = read_cart(user=request.user, branch=branch, now=now).seconds
        slots = free_slots(branch, seconds, day, now)
        return Response(SlotsSerializer({"branch": branch.slug, "date": day, "slots": slots}).data)


def _date_of(request: Request) -> date | None:
    refuse_repetition(request.query_params, "date")
    text = request.query_params.get("date")
    if text is None:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValidationError({"date": [_("Enter a valid date.")]})
