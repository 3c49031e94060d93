"""The catalogue in plain Django REST framework: ModelViewSet, ModelSerializer, django-filter, page numbers."""

import django_filters
from django.conf import settings
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.urls import include, path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ModelViewSet

from benchmarks.rivals.hours import standing
from benchmarks.rivals.models import Branch, BranchHours, BranchSpecialDay, Category, Option, OptionGroup, Product


class OptionSerializer(serializers.ModelSerializer):
    class Meta:
        model = Option
        fields = ["id", "name", "price_delta", "is_active", "position"]


class OptionGroupSerializer(serializers.ModelSerializer):
    options = OptionSerializer(many=True)

    class Meta:
        model = OptionGroup
        fields = ["id", "name", "min_choices", "max_choices", "options"]


class ProductSerializer(serializers.ModelSerializer):
    price = serializers.DecimalField(source="branch_price", max_digits=10, decimal_places=2)
    category_name = serializers.CharField(source="category.name", read_only=True)
    is_available = serializers.BooleanField(read_only=True)

    class Meta:
        model = Product
        fields = [
            "id", "name", "slug", "description", "price", "category", "category_name", "image", "option_groups",
            "is_active", "is_available", "created_at", "updated_at",
        ]  # fmt: skip


class ProductFilter(django_filters.FilterSet):
    category = django_filters.CharFilter(method="filter_category")
    min_price = django_filters.NumberFilter("branch_price", "gte")
    max_price = django_filters.NumberFilter("branch_price", "lte")
    available = django_filters.BooleanFilter("is_available")

    def filter_category(self, products, name, value):
        return products.filter(Q(category__slug=value) | Q(category=value if value.isdigit() else None))


class Pages(PageNumberPagination):
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class ProductViewSet(ModelViewSet):
    serializer_class = ProductSerializer
    pagination_class = Pages
    filterset_class = ProductFilter
    filter_backends = [django_filters.rest_framework.DjangoFilterBackend, SearchFilter, OrderingFilter]
    search_fields = ["name", "description", "category__name"]
    ordering_fields = ["branch_price", "name", "created_at"]

    def get_queryset(self):
        slug = self.request.query_params.get("branch")
        branch = get_object_or_404(Branch, **({"slug": slug} if slug else {"is_default": True}))
        products = Product.objects.filter(is_active=True).at_branch(branch)
        return products.select_related("category").prefetch_related("option_groups")


class HoursSerializer(serializers.ModelSerializer):
    class Meta:
        model = BranchHours
        fields = ["weekday", "opens", "closes"]


class SpecialDaySerializer(serializers.ModelSerializer):
    class Meta:
        model = BranchSpecialDay
        fields = ["date", "opens", "closes"]


class BranchSerializer(serializers.ModelSerializer):
    hours = HoursSerializer(many=True)
    special_days = SpecialDaySerializer(many=True)

    class Meta:
        model = Branch
        fields = [
            "slug", "name", "address", "phone", "latitude", "longitude", "timezone", "is_active", "is_default",
            "hours", "special_days",
        ]  # fmt: skip

    def to_representation(self, branch):
        return super().to_representation(branch) | standing(branch.timezone, branch.hours.all(), timezone.now())


class MenuProductSerializer(ProductSerializer):
    option_groups = OptionGroupSerializer(many=True)


class MenuCategorySerializer(serializers.ModelSerializer):
    products = MenuProductSerializer(many=True)

    class Meta:
        model = Category
        fields = ["id", "name", "slug", "description", "position", "products"]


class BranchViewSet(ModelViewSet):
    queryset = Branch.objects.filter(is_active=True).prefetch_related("hours", "special_days")
    serializer_class = BranchSerializer
    lookup_field = "slug"

    @action(detail=True)
    def menu(self, request, slug):
        branch = self.get_object()
        listed = Product.objects.at_branch(branch).filter(is_listed=True).select_related("category")
        products = Prefetch("products", listed.prefetch_related("option_groups__options"))
        categories = [category for category in Category.objects.prefetch_related(products) if category.products.all()]
        return Response(
            {
                "branch": self.get_serializer(branch).data,
                "currency": getattr(settings, "CURRENCY", "USD"),
                "categories": MenuCategorySerializer(categories, many=True, context={"request": request}).data,
            }
        )


router = DefaultRouter()
router.register("products", ProductViewSet, basename="product")
router.register("branches", BranchViewSet)
urlpatterns = [path("api/", include(router.urls)), path("healthz", lambda request: HttpResponse("ok"))]
