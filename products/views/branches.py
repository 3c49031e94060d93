from drf_yasg.utils import swagger_auto_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from products.exceptions import InsufficientStock, StockNotTracked
from products.filters import BranchFilter, BranchProductFilter
from products.models import Branch, BranchProduct, Position, StockMovement, position_at
from products.models.branches import BranchQuerySet
from products.models.stock import BranchProductQuerySet
from products.permissions import INCLUDE_INACTIVE, WorksOnBranchProducts, reads_public_catalogue
from products.serializers.branches import (
    BranchDetailSerializer,
    BranchProductSerializer,
    BranchSerializer,
    StockChangeSerializer,
)
from products.serializers.menu import MenuSerializer
from products.services import delete_branch_product, save_branch, set_branch_product
from products.stock import change_stock
from products.views.catalogue import CatalogueViewSet
from rest.bodies import validated
from users.idempotency import idempotent
from users.permissions import IsAdmin


class BranchViewSet(CatalogueViewSet):
    """Branches and their opening hours. One that has orders, or is the last that a promo code is good for, cannot be
    deleted (409 `in_use`).
    """

    queryset = Branch.objects.all()
    described_parameters = {"list": [INCLUDE_INACTIVE], "retrieve": [INCLUDE_INACTIVE]}
    filterset_class = BranchFilter
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,80}"

    def get_serializer_class(self) -> type[BranchSerializer]:
        return BranchSerializer if self.action == "list" else BranchDetailSerializer

    def get_queryset(self) -> BranchQuerySet:
        branches = Branch.objects.prefetch_related("hours", "special_days").in_shown_order()
        is_fake = getattr(self, "swagger_fake_view", False)
        return branches.active() if not is_fake and reads_public_catalogue(self.request) else branches

    def perform_create(self, serializer: BranchSerializer) -> None:
        saved = save_branch(branch=serializer.instance, **serializer.validated_data)
        serializer.instance = self.get_queryset().get(pk=saved.pk)

    perform_update = perform_create

    @swagger_auto_schema(responses={200: MenuSerializer})
    @action(detail=True, methods=["get"], pagination_class=None)
    def menu(self, request: Request, slug: str) -> Response:
        """The whole menu of a branch in one answer, with that branch's prices and availability."""
        return Response(MenuSerializer(self.get_object(), context=self.get_serializer_context()).data)


class BranchProductViewSet(ModelViewSet):
    """Products at single branches, where they differ: whether they are listed, price and stock there.

    Managers see and set it for their own branches; baristas see it.
    """

    queryset = BranchProduct.objects.with_sold_out_until().select_related("branch").order_by("pk")
    serializer_class = BranchProductSerializer
    filterset_class = BranchProductFilter
    raises = {"stock": [InsufficientStock, StockNotTracked]}

    def get_permissions(self) -> list:
        return [IsAdmin()] if self.action == "destroy" else [WorksOnBranchProducts()]

    def get_queryset(self) -> BranchProductQuerySet:
        rows, user = super().get_queryset(), self.request and self.request.user
        if getattr(self, "swagger_fake_view", False) or user.is_admin:
            return rows
        return rows.filter(branch__in=Branch.objects.staffed_by(user))

    def perform_create(self, serializer: BranchProductSerializer) -> None:
        values = serializer.validated_data
        if serializer.instance is None:
            self._require_manager(values["branch"])
        saved = set_branch_product(row=serializer.instance, by=self.request.user, **values)
        serializer.instance = self.get_queryset().get(pk=saved.pk)

    perform_update = perform_create

    def perform_destroy(self, instance: BranchProduct) -> None:
        delete_branch_product(row=instance)

    @swagger_auto_schema(request_body=StockChangeSerializer, responses={200: BranchProductSerializer})
    @action(detail=True, methods=["post"])
    @idempotent("stock.{pk}")
    def stock(self, request: Request, pk: str) -> Response:
        """Book a delivery, a correction or waste: it is added to what is there, also while it sells.

        A correction is the manager's.
        """
        row, change = self.get_object(), validated(request, StockChangeSerializer)
        if change["reason"] == StockMovement.Reason.CORRECTED:
            self._require_manager(row.branch)
        change_stock(row_id=row.pk, by=request.user, **change)
        return Response(self.get_serializer(self.get_object()).data)

    def _require_manager(self, branch: Branch) -> None:
        if position_at(self.request.user, branch) != Position.MANAGER:
            raise PermissionDenied
