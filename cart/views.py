from django.db.models import QuerySet
from django.utils import timezone
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cart.again import order_favourite, save_favourite
from cart.contents import Contents, read_cart
from cart.exceptions import CartFull, FavouritesFull, OptionUnavailable, ProductUnavailable
from cart.lines import Line
from cart.models import CartItem, Favourite
from cart.serializers import (
    AddSerializer,
    AmendSerializer,
    CartSerializer,
    ChangeSerializer,
    FavouriteSerializer,
    LineSerializer,
    ReplaceSerializer,
)
from cart.services import Wanted, add_to_cart, change_item, clear_cart, remove_item, replace_cart, set_offers
from products.branches import BRANCH, branch_of
from products.models import Branch
from promotions.models import PromoCode
from promotions.serializers import TypedCodeSerializer
from rest.bodies import validated
from users.idempotency import idempotent
from users.limits import WRONG_CODES, count, require


class CartViewSet(GenericViewSet):
    """The caller's own cart, priced at `?branch=slug` or at the default branch."""

    queryset = CartItem.objects.none()
    serializer_class = CartSerializer
    pagination_class = None
    described_parameters = {
        action: [BRANCH] for action in ("list", "create", "replace", "amend", "promo", "partial_update")
    }
    raises = {"create": [CartFull], "replace": [CartFull], "promo": [Throttled]}
    filter_backends = []

    @swagger_auto_schema(responses={200: CartSerializer})
    def list(self, request: Request) -> Response:
        """The cart, and what stands in the way of ordering it."""
        return Response(self.get_serializer(self._contents(branch_of(request))).data)

    @swagger_auto_schema(request_body=AddSerializer, responses={201: LineSerializer, 200: LineSerializer})
    @idempotent("cart.add")
    def create(self, request: Request) -> Response:
        """Add a product. The same product with the same options again adds to its quantity (200)."""
        line, is_new = add_to_cart(user=request.user, branch=branch_of(request), **validated(request, AddSerializer))
        return Response(self._shown(line), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @swagger_auto_schema(request_body=ReplaceSerializer, responses={200: CartSerializer})
    def replace(self, request: Request) -> Response:
        """Make the cart exactly this. Equal configurations become one line; nothing is changed when one is wrong."""
        items = validated(request, ReplaceSerializer)["items"]
        contents = replace_cart(user=request.user, items=[Wanted(**item) for item in items], branch=branch_of(request))
        return Response(self.get_serializer(contents).data)

    @swagger_auto_schema(operation_id="cart_amend", request_body=AmendSerializer, responses={200: CartSerializer})
    def amend(self, request: Request) -> Response:
        """Use a free cup of the stamp card with the cart, or do not."""
        branch, values = branch_of(request), validated(request, AmendSerializer)
        if values:
            set_offers(user=request.user, **values)
        return Response(self.get_serializer(self._contents(branch)).data)

    @swagger_auto_schema(request_body=TypedCodeSerializer, responses={200: CartSerializer})
    @action(detail=False, methods=["put"])
    def promo(self, request: Request) -> Response:
        """Use a promo code. One that does not apply stays, and the cart's problems say why."""
        branch, typed = branch_of(request), validated(request, TypedCodeSerializer)["code"]
        require(WRONG_CODES, request.user.pk)
        if not PromoCode.objects.known_as(typed).exists():
            count(WRONG_CODES, request.user.pk)
        set_offers(user=request.user, promo_code=typed)
        return Response(self.get_serializer(self._contents(branch)).data)

    @swagger_auto_schema(responses={204: ""})
    @promo.mapping.delete
    def forget_promo(self, request: Request) -> Response:
        """Use no promo code any more."""
        set_offers(user=request.user, promo_code="")
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(request_body=ChangeSerializer, responses={200: LineSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the quantity or the options. A line that becomes equal to another absorbs it."""
        branch = branch_of(request)  # before the change, which an unknown branch must not outlive
        item = change_item(user=request.user, item_id=int(pk), **validated(self.request, ChangeSerializer))
        for line in self._contents(branch).lines:
            if line.item.pk == item.pk:
                return Response(self._shown(line))
        raise NotFound  # removed again in this very moment

    def destroy(self, request: Request, pk: str) -> Response:
        """Take one line out."""
        remove_item(user=request.user, item_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(operation_id="cart_clear")
    def clear(self, request: Request) -> Response:
        """Empty the cart."""
        clear_cart(user=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _contents(self, branch: Branch | None) -> Contents:
        return read_cart(user=self.request.user, branch=branch, now=timezone.now())

    def _shown(self, line: Line) -> dict:
        return LineSerializer(line, context=self.get_serializer_context()).data


class FavouriteViewSet(mixins.ListModelMixin, GenericViewSet):
    """The caller's own favourites, at most 50, in the order in which they were added."""

    queryset = Favourite.objects.all()
    serializer_class = FavouriteSerializer
    filter_backends = []
    described_parameters = {"order": [BRANCH]}
    raises = {"create": [FavouritesFull], "order": [CartFull, ProductUnavailable, OptionUnavailable]}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(user=self.request.user.pk).select_related("product")

    @swagger_auto_schema(responses={201: FavouriteSerializer})
    @idempotent("favourites.add")
    def create(self, request: Request) -> Response:
        """Keep a product with its options. Without a name it has the product's."""
        favourite = save_favourite(user=request.user, **validated(request, FavouriteSerializer))
        return Response(self.get_serializer(favourite).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(responses={200: FavouriteSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one."""
        return Response(self.get_serializer(self.get_object()).data)

    @swagger_auto_schema(responses={200: FavouriteSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change its name, its product or its options."""
        changes = validated(request, FavouriteSerializer, partial=True)
        favourite = save_favourite(user=request.user, favourite=self.get_object(), **changes)
        return Response(self.get_serializer(favourite).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Forget it."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(request_body=no_body, responses={201: LineSerializer, 200: LineSerializer})
    @action(detail=True, methods=["post"])
    @idempotent("favourites.order.{pk}")
    def order(self, request: Request, pk: str) -> Response:
        """Put one into the cart, as adding it does."""
        line, is_new = order_favourite(user=request.user, favourite=self.get_object(), branch=branch_of(request))
        shown = LineSerializer(line, context=self.get_serializer_context()).data
        return Response(shown, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)
