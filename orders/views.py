"""Orders over HTTP: own ones, those of a branch, and the stop-list of its staff."""

from functools import cached_property
from hashlib import md5

from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cart.again import Bought, add_again
from cart.contents import read_cart
from cart.serializers import CartSerializer, ReorderedSerializer
from orders import exceptions
from orders.filters import OrderFilter
from orders.making import make_item
from orders.models import Channel, Order, OrderEvent, OrderItem, OrderQuerySet
from orders.moving import move_order, report_missing
from orders.pagination import NewestFirst
from orders.placing import OPERATION, place_counter_order, place_order
from orders.serializers import (
    ChangeOrderSerializer,
    MadeSerializer,
    MoveSerializer,
    OrderSerializer,
    PlaceOrderSerializer,
    ReorderSerializer,
    StoppedSerializer,
)
from orders.services import change_order, delete_order
from orders.sharing import ShareLinkSerializer, share_link
from orders.sides import Viewer
from orders.stoplist import orders_holding
from products.exceptions import BranchRequired
from products.models import Branch, StopListEntry
from products.models.stoplist import StopListQuerySet
from products.permissions import IsStaffThere
from products.serializers.stoplist import StopListEntrySerializer, StopSerializer
from products.stoplist import put_on_stop_list, take_off_stop_list
from products.views.staff import OfBranchMixin
from rest.bodies import validated
from users.idempotency import idempotent
from users.models import CustomUser
from users.permissions import IsAdmin


def _bought(item: OrderItem) -> Bought:
    options = [option.get("id") for option in item.options]
    return Bought(item.shown_name, item.product_id, item.quantity, options)


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """A customer's own orders; those of their branches for staff, all of them for an administrator."""

    queryset = Order.objects.all()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    pagination_class = NewestFirst
    described_parameters = {"list": [NewestFirst.ORDERING]}
    raises = {
        "create": [
            *(BranchRequired, exceptions.BranchClosed, exceptions.CartIsEmpty, exceptions.CartHasProblems),
            *(exceptions.TotalChanged, exceptions.TooManyOpenOrders, exceptions.BranchPaused, exceptions.SlotFull),
        ],
        "partial_update": [exceptions.StatusNotAllowed, exceptions.NoteNotAllowed],
        "update": [exceptions.StatusNotAllowed, exceptions.NoteNotAllowed],
        "item": [exceptions.StatusNotAllowed],
        "move": [
            *(exceptions.StatusNotAllowed, exceptions.BranchClosed, exceptions.CartHasProblems),
            *(exceptions.TotalChanged, exceptions.BranchPaused, exceptions.SlotFull),
        ],
        "missing": [exceptions.StatusNotAllowed, Throttled],
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

        Staff of the branch type in what is ordered at the counter: `"channel": "counter"` with `items`. It begins as
        `accepted` and touches no cart. With an `Idempotency-Key` a repetition within 24 hours gets the same answer, and
        no second order.
        """
        values = validated(request, PlaceOrderSerializer)
        place = place_counter_order if values.pop("channel") == Channel.COUNTER else place_order
        order = place(user=request.user, **values)
        return Response(self.get_serializer(order).data, status=status.HTTP_201_CREATED)

    def list(self, request: Request) -> Response | HttpResponse:
        """Own orders, and those of the branches where the caller works, newest first.

        `?open=true` is cheap to ask again with `If-None-Match`: 304 while nothing has changed.
        """
        etag = self._etag() if request.query_params.get("open", "").lower() in {"true", "1"} else None
        unchanged = etag and get_conditional_response(request, etag=etag)
        if unchanged:
            return unchanged
        response = super().list(request)
        if etag:
            response["ETag"], response["Cache-Control"] = etag, "private, no-cache"
        return response

    @swagger_auto_schema(request_body=ChangeOrderSerializer, responses={200: OrderSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move the order, or change what is said of it.

        A customer may cancel while it is `pending` or `accepted`, and change the note while it is `pending`. Staff of
        the branch move it along, also one step back, mark it as paid and put the promise off (403 for customers).
        """
        change_order(order_id=int(pk), by=request.user, **validated(self.request, ChangeOrderSerializer))
        return Response(self._shown(int(pk)))

    @swagger_auto_schema(request_body=MadeSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["patch"], url_path="items/(?P<item_id>[1-9][0-9]{0,17})", url_name="item")
    def item(self, request: Request, pk: str, item_id: str) -> Response:
        """Say how many cups of a line are made; for staff of the branch.

        The first cup made moves an accepted order to `preparing`, the last one to `ready`, and one taken back from a
        ready order to `preparing`.
        """
        make_item(order_id=int(pk), item_id=int(item_id), by=request.user, **validated(request, MadeSerializer))
        return Response(self._shown(int(pk)))

    @swagger_auto_schema(request_body=ReorderSerializer, responses={200: ReorderedSerializer})
    @action(detail=True, methods=["post"])
    @idempotent("orders.reorder.{pk}")
    def reorder(self, request: Request, pk: str) -> Response:
        """Put the order's lines into the cart, beside what is there. What cannot be put there is `skipped`, and why."""
        branch = validated(request, ReorderSerializer).get("branch") or Branch.objects.default()
        bought = [_bought(item) for item in self.get_object().items.all()]
        skipped = add_again(user=request.user, bought=bought, branch=branch)
        contents = read_cart(user=request.user, branch=branch, now=timezone.now())
        return Response(CartSerializer(contents, context={"request": request}).data | {"skipped": skipped})

    @swagger_auto_schema(request_body=MoveSerializer, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """The wrong shop: have it made at another branch, while it is `pending` or `accepted`, at the prices there.

        Released here and taken there at once, or nothing. Where it would cost more than so far, send `expected_total`.
        """
        order = move_order(order_id=int(pk), by=request.user, **validated(request, MoveSerializer))
        return Response(self.get_serializer(Order.objects.with_lines().get(pk=order.pk)).data)

    @swagger_auto_schema(request_body=no_body, responses={200: OrderSerializer})
    @action(detail=True, methods=["post"])
    def missing(self, request: Request, pk: str) -> Response:
        """Tell the bar that your ready order is not there, at most once a minute."""
        report_missing(order_id=int(pk), by=request.user)
        return Response(self._shown(int(pk)))

    @swagger_auto_schema(responses={200: ShareLinkSerializer})
    @action(detail=True, methods=["get"])
    def share(self, request: Request, pk: str) -> Response:
        """Get a link for whoever fetches it: number, status, promise and place, for a day after it is closed."""
        return Response({"url": share_link(self.get_object())})

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

    def _etag(self) -> str:
        """Names the answer by the versions of what it would show, and by the names in it, without reading it."""
        of_branch = ("branch__slug", "branch__pickup_place", "branch__translations")
        shown = ("pk", "version", "user__username", "user__first_name", *of_branch)
        orders = self.filter_queryset(self.get_queryset().prefetch_related(None).order_by("pk"))
        movers = CustomUser.objects.filter(pk__in=OrderEvent.objects.filter(order__in=orders.order_by()).values("by"))
        names = movers.order_by("pk").values_list("pk", "username", "first_name")
        asked = (self.request.user.pk, sorted(self.viewer.branch_ids), self.request.get_full_path(), get_language())
        named = repr((asked, list(orders.values_list(*shown)), list(names)))
        return f'"{md5(named.encode(), usedforsecurity=False).hexdigest()}"'


class StopListViewSet(
    OfBranchMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, GenericViewSet
):
    """Stop-list: what is out at a branch now, for those who work there. Timed entries end by themselves."""

    queryset = StopListEntry.objects.all()
    serializer_class = StopListEntrySerializer
    permission_classes = [IsStaffThere]

    def get_queryset(self) -> StopListQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return StopListEntry.objects.none()
        return StopListEntry.objects.at_branch(self.branch, timezone.now()).with_names()

    @swagger_auto_schema(request_body=StopSerializer, responses={201: StoppedSerializer, 200: StoppedSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Stop a product, an option or an ingredient, or change until when (200).

        From now on it is unavailable in menu, lists and product pages, and a problem in every cart. The answer names
        the orders that are still to be made with it.
        """
        values = validated(request, StopSerializer, context={"branch": self.branch})
        entry, is_new = put_on_stop_list(branch=self.branch, by=request.user, **values)
        entry.orders = orders_holding(entry)
        return Response(StoppedSerializer(entry).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    def perform_destroy(self, instance: StopListEntry) -> None:
        take_off_stop_list(branch=self.branch, entry_id=instance.pk)
