from functools import cached_property

from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from orders import exceptions
from orders.filters import OrderFilter
from orders.models import Order, OrderQuerySet
from orders.pagination import NewestFirst
from orders.placing import OPERATION, place_order
from orders.serializers import ChangeOrderSerializer, OrderSerializer, PlaceOrderSerializer
from orders.services import change_order, delete_order
from orders.sides import Viewer
from products.exceptions import BranchRequired
from rest.bodies import validated
from users.idempotency import idempotent
from users.permissions import IsAdmin


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """A customer's own orders; all of them for an administrator."""

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    pagination_class = NewestFirst
    described_parameters = {"list": [NewestFirst.ORDERING]}
    raises = {
        "create": [
            *(BranchRequired, exceptions.BranchClosed, exceptions.CartIsEmpty, exceptions.CartHasProblems),
            exceptions.TotalChanged,
        ],
        "partial_update": [exceptions.StatusNotAllowed, exceptions.NoteNotAllowed],
        "update": [exceptions.StatusNotAllowed, exceptions.NoteNotAllowed],
        "destroy": [exceptions.OrderNotCancelled],
    }

    def get_permissions(self) -> list:
        return [IsAdmin()] if self.action == "destroy" else [IsAuthenticated()]

    def get_queryset(self) -> OrderQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        return Order.objects.visible_to(self.request.user, self.viewer.branch_ids).with_lines()

    def get_serializer_context(self) -> dict:
        return super().get_serializer_context() | {"viewer": self.viewer}

    @cached_property
    def viewer(self) -> Viewer:
        return Viewer(self.request.user)

    @swagger_auto_schema(request_body=PlaceOrderSerializer, responses={201: OrderSerializer})
    @idempotent(OPERATION)
    def create(self, request: Request) -> Response:
        """Order what is in the cart. An empty body orders it at the default branch, as soon as possible.

        With an `Idempotency-Key` a repetition within 24 hours gets the same answer, and no second order.
        """
        order = place_order(user=request.user, **validated(request, PlaceOrderSerializer))
        return Response(self.get_serializer(order).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(request_body=ChangeOrderSerializer, responses={200: OrderSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move the order, or change its note.

        A customer may cancel while it is `pending` or `accepted`, and change the note while it is `pending`.
        """
        change_order(order_id=int(pk), by=request.user, **validated(self.request, ChangeOrderSerializer))
        return Response(self._shown(int(pk)))

    @swagger_auto_schema(request_body=ChangeOrderSerializer, responses={200: OrderSerializer})
    def update(self, request: Request, pk: str) -> Response:
        """The same as PATCH: what is not sent stays as it is."""
        return self.partial_update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a cancelled order."""
        delete_order(order_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, order_id: int) -> dict:
        return self.get_serializer(self.get_queryset().get(pk=order_id)).data
