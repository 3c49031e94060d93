from django.db import transaction
from django.utils import timezone
from rest_framework.viewsets import ModelViewSet

from products.branches import BRANCH, branch_of
from products.filters import CategoryFilter, ProductFilter
from products.models import Category, Product
from products.models.catalogue import ProductQuerySet
from products.permissions import INCLUDE_INACTIVE, ReadsPublicCatalogue, reads_public_catalogue
from products.serializers import CategorySerializer, ProductDetailSerializer, ProductSerializer
from users.permissions import IsAdmin


class CatalogueViewSet(ModelViewSet):
    """Everybody reads, administrators write."""

    permission_classes = [ReadsPublicCatalogue | IsAdmin]

    def get_authenticators(self) -> list:
        return [] if self.request and reads_public_catalogue(self.request) else super().get_authenticators()


class CategoryViewSet(CatalogueViewSet):
    """What the menu is divided into. A category that still has products cannot be deleted (409 `in_use`)."""

    queryset = Category.objects.all()
    described_parameters = {"list": [INCLUDE_INACTIVE], "retrieve": [INCLUDE_INACTIVE]}
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter


class ProductViewSet(CatalogueViewSet):
    """What is sold, at the price and with the availability of `?branch=slug`, or of the default branch."""

    queryset = Product.objects.all()
    described_parameters = {"list": [BRANCH, INCLUDE_INACTIVE], "retrieve": [BRANCH, INCLUDE_INACTIVE]}
    filterset_class = ProductFilter

    def get_serializer_class(self) -> type[ProductSerializer]:
        return ProductSerializer if self.action == "list" else ProductDetailSerializer

    def get_queryset(self) -> ProductQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Product.objects.none()
        products = Product.objects.at_branch(branch_of(self.request), timezone.now())
        products = products.select_related("category").prefetch_related(self._option_groups())
        return products.active() if reads_public_catalogue(self.request) else products

    def _option_groups(self) -> str:
        return "option_groups" if self.action == "list" else "option_groups__options"

    @transaction.atomic
    def perform_create(self, serializer: ProductSerializer) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    perform_update = perform_create
