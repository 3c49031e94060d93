from django.db import transaction
from django.db.models import Prefetch
from django.utils.cache import patch_cache_control
from drf_yasg.utils import swagger_auto_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from products.branches import BRANCH, branch_of, groups_at, products_at
from products.filters import CategoryFilter, ProductFilter
from products.images import remove_image, set_image
from products.models import Category, Ingredient, OptionGroup, Product
from products.models.catalogue import OptionGroupQuerySet, ProductQuerySet
from products.models.translations import TranslatedQuerySet
from products.pagination import CataloguePagination
from products.permissions import (
    INCLUDE_INACTIVE,
    ReadsPublicCatalogue,
    claims_administrator,
    reads_public_catalogue,
)
from products.serializers.catalogue import (
    CategorySerializer,
    ImageSerializer,
    IngredientSerializer,
    OptionGroupSerializer,
    ProductDetailSerializer,
    ProductSerializer,
)
from products.services import delete_product, save_option_group
from rest.bodies import validated
from rest.exceptions import InUse
from rest.parsers import FormParser
from users.authentication import ForgivingAuthentication
from users.permissions import IsAdmin


class CatalogueViewSet(ModelViewSet):
    """Everybody reads, administrators write."""

    permission_classes = [ReadsPublicCatalogue | IsAdmin]
    pagination_class = CataloguePagination
    raises = {"destroy": [InUse]}

    def get_queryset(self) -> TranslatedQuerySet:
        return super().get_queryset().in_shown_order()

    def get_authenticators(self) -> list:
        if not self.request or not reads_public_catalogue(self.request):
            return super().get_authenticators()
        return [ForgivingAuthentication()] if claims_administrator(self.request) else []

    def finalize_response(self, request, response, *args, **kwargs):
        """Keep, but ask: the ETag that the middleware adds makes asking cheap."""
        patch_cache_control(response, no_cache=True, **({"private": True} if claims_administrator(request) else {}))
        return super().finalize_response(request, response, *args, **kwargs)


class CategoryViewSet(CatalogueViewSet):
    """Categories of the menu. One that still has products, or is the last that a promo code is good for, cannot be
    deleted (409 `in_use`).
    """

    queryset = Category.objects.all()
    described_parameters = {"list": [INCLUDE_INACTIVE], "retrieve": [INCLUDE_INACTIVE]}
    serializer_class = CategorySerializer
    filterset_class = CategoryFilter


class IngredientViewSet(CatalogueViewSet):
    """Ingredients that products and options need. One that is out is put on the stop-list of its branch."""

    queryset = Ingredient.objects.all()
    described_parameters = {"list": [INCLUDE_INACTIVE], "retrieve": [INCLUDE_INACTIVE]}
    serializer_class = IngredientSerializer


class OptionGroupViewSet(CatalogueViewSet):
    """Questions about a product, such as its size, and their options. Products name theirs in `option_groups`."""

    queryset = OptionGroup.objects.all()
    described_parameters = {"list": [BRANCH, INCLUDE_INACTIVE], "retrieve": [BRANCH, INCLUDE_INACTIVE]}
    serializer_class = OptionGroupSerializer

    def get_queryset(self) -> OptionGroupQuerySet:
        is_fake = getattr(self, "swagger_fake_view", False)
        return OptionGroup.objects.none() if is_fake else groups_at(branch_of(self.request))

    def perform_create(self, serializer: OptionGroupSerializer) -> None:
        saved = save_option_group(group=serializer.instance, **serializer.validated_data)
        serializer.instance = self.get_queryset().get(pk=saved.pk)

    perform_update = perform_create


class ProductViewSet(CatalogueViewSet):
    """Products, at the price and with the availability of `?branch=slug`, or of the default branch."""

    queryset = Product.objects.all()
    described_parameters = {"list": [BRANCH, INCLUDE_INACTIVE], "retrieve": [BRANCH, INCLUDE_INACTIVE]}
    filterset_class = ProductFilter

    def get_serializer_class(self) -> type[ProductSerializer]:
        return ProductSerializer if self.action == "list" else ProductDetailSerializer

    def get_queryset(self) -> ProductQuerySet:
        if getattr(self, "swagger_fake_view", False):
            return Product.objects.none()
        products = products_at(branch_of(self.request), self.request)
        if self.action != "list":
            products = products.prefetch_related(Prefetch("option_groups", groups_at(branch_of(self.request))))
        return products.active() if reads_public_catalogue(self.request) else products

    @transaction.atomic
    def perform_create(self, serializer: ProductSerializer) -> None:
        serializer.instance = self.get_queryset().get(pk=serializer.save().pk)

    perform_update = perform_create

    def perform_destroy(self, instance: Product) -> None:
        delete_product(product=instance)

    @swagger_auto_schema(request_body=ImageSerializer, responses={200: ProductDetailSerializer})
    @action(detail=True, methods=["put"], parser_classes=[FormParser])
    def image(self, request: Request, pk: str) -> Response:
        """Set the picture: PNG, JPEG or WebP, at most 5 MiB and 25 megapixels. It is drawn anew."""
        set_image(product_id=int(pk), upload=validated(request, ImageSerializer)["image"])
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data)

    @swagger_auto_schema(responses={200: ProductDetailSerializer})
    @image.mapping.delete
    def delete_image(self, request: Request, pk: str) -> Response:
        """Take the picture away."""
        remove_image(product_id=int(pk))
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data)
