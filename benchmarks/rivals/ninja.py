"""The catalogue in django-ninja: the same models, pydantic schemas, orjson."""

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated

import orjson
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI, Query, Schema
from ninja.renderers import BaseRenderer
from pydantic import PlainSerializer

from benchmarks.rivals.hours import standing
from benchmarks.rivals.models import Branch, Category, Product

Money = Annotated[Decimal, PlainSerializer(lambda amount: f"{amount:.2f}", str)]


class ORJSONRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request, data, *, response_status):
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


class OptionOut(Schema):
    id: int
    name: str
    price_delta: Money
    is_active: bool
    position: int


class OptionGroupOut(Schema):
    id: int
    name: str
    min_choices: int
    max_choices: int
    options: list[OptionOut]


class Item(Schema):
    id: int
    name: str
    slug: str
    description: str
    price: Money
    category: int
    category_name: str
    image: str | None
    is_active: bool
    is_available: bool
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_price(product):
        return product.branch_price

    @staticmethod
    def resolve_category(product):
        return product.category_id

    @staticmethod
    def resolve_category_name(product):
        return product.category.name

    @staticmethod
    def resolve_image(product):
        return product.image.url if product.image else None


class ProductOut(Item):
    option_groups: list[int]

    @staticmethod
    def resolve_option_groups(product):
        return [group.id for group in product.option_groups.all()]


class MenuProductOut(Item):
    option_groups: list[OptionGroupOut]


class PageOut(Schema):
    count: int
    next: str | None
    previous: str | None
    results: list[ProductOut]


class Filters(Schema):
    branch: str | None = None
    search: str = ""
    category: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    available: bool | None = None
    page: int = 1
    page_size: int = 20


class HoursOut(Schema):
    weekday: int
    opens: time
    closes: time


class BranchOut(Schema):
    slug: str
    name: str
    address: str
    phone: str
    latitude: Money | None
    longitude: Money | None
    timezone: str
    is_active: bool
    is_default: bool
    hours: list[HoursOut]
    special_days: list
    is_open: bool
    next_change_at: datetime | None


class CategoryOut(Schema):
    id: int
    name: str
    slug: str
    description: str
    position: int
    products: list[MenuProductOut]


class MenuOut(Schema):
    branch: BranchOut
    currency: str
    categories: list[CategoryOut]


api = NinjaAPI(renderer=ORJSONRenderer(), openapi_url=None)


@api.get("/products/", response=PageOut)
def products(request, filters: Query[Filters]):
    branch = get_object_or_404(Branch, **({"slug": filters.branch} if filters.branch else {"is_default": True}))
    found = filtered(Product.objects.filter(is_active=True).at_branch(branch), filters)
    count = found.count()
    start, end = filters.page_size * (filters.page - 1), filters.page_size * filters.page
    return {
        "count": count,
        "next": link(request, filters.page + 1) if end < count else None,
        "previous": link(request, filters.page - 1) if start else None,
        "results": found.select_related("category").prefetch_related("option_groups")[start:end],
    }


def filtered(products, filters):
    for word in filters.search.split():
        products = products.filter(
            Q(name__icontains=word) | Q(description__icontains=word) | Q(category__name__icontains=word)
        )
    if filters.category is not None:
        is_id = filters.category.isdigit()
        products = products.filter(Q(category__slug=filters.category) | Q(category=filters.category if is_id else None))
    if filters.min_price is not None:
        products = products.filter(branch_price__gte=filters.min_price)
    if filters.max_price is not None:
        products = products.filter(branch_price__lte=filters.max_price)
    return products if filters.available is None else products.filter(is_available=filters.available)


def link(request, page):
    query = request.GET.copy()
    query["page"] = page
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


@api.get("/branches/{slug}/menu/", response=MenuOut)
def menu(request, slug: str):
    branch = get_object_or_404(Branch.objects.prefetch_related("hours", "special_days"), slug=slug, is_active=True)
    listed = Product.objects.at_branch(branch).filter(is_listed=True).select_related("category")
    categories = Category.objects.prefetch_related(
        Prefetch("products", listed.prefetch_related("option_groups__options"))
    )
    for name, value in standing(branch.timezone, branch.hours.all(), timezone.now()).items():
        setattr(branch, name, value)
    return {
        "branch": branch,
        "currency": "USD",
        "categories": [category for category in categories if category.products.all()],
    }


urlpatterns = [path("api/", api.urls), path("healthz", lambda request: HttpResponse("ok"))]
