"""The catalogue in FastAPI: async SQLAlchemy on asyncpg, pydantic response models, uvicorn with uvloop."""

import os
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, PlainSerializer
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import contains_eager, selectinload

from benchmarks.rivals.hours import standing
from benchmarks.rivals.tables import Branch, BranchProduct, Category, OptionGroup, Product

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"), pool_size=16, max_overflow=0
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()

Money = Annotated[Decimal, PlainSerializer(lambda amount: f"{amount:.2f}", str)]
Degrees = Annotated[Decimal, PlainSerializer(str, str)]

branch_price = func.coalesce(BranchProduct.price, Product.price)
is_listed = and_(Product.is_active, func.coalesce(BranchProduct.is_listed, True))
is_available = and_(
    is_listed,
    or_(BranchProduct.stock.is_(None), BranchProduct.stock > 0),
    or_(BranchProduct.sold_out_until.is_(None), BranchProduct.sold_out_until <= func.now()),
)


class OptionOut(BaseModel):
    id: int
    name: str
    price_delta: Money
    is_active: bool
    position: int


class OptionGroupOut(BaseModel):
    id: int
    name: str
    min_choices: int
    max_choices: int
    options: list[OptionOut]


class Item(BaseModel):
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


class ProductOut(Item):
    option_groups: list[int]


class MenuProductOut(Item):
    option_groups: list[OptionGroupOut]


class PageOut(BaseModel):
    count: int
    next: str | None
    previous: str | None
    results: list[ProductOut]


class HoursOut(BaseModel):
    weekday: int
    opens: time
    closes: time


class SpecialDayOut(BaseModel):
    date: date
    opens: time | None
    closes: time | None


class BranchOut(BaseModel):
    slug: str
    name: str
    address: str
    phone: str
    latitude: Degrees | None
    longitude: Degrees | None
    timezone: str
    is_active: bool
    is_default: bool
    hours: list[HoursOut]
    special_days: list[SpecialDayOut]
    is_open: bool
    next_change_at: datetime | None


class CategoryOut(BaseModel):
    id: int
    name: str
    slug: str
    description: str
    position: int
    products: list[MenuProductOut]


class MenuOut(BaseModel):
    branch: BranchOut
    currency: str
    categories: list[CategoryOut]


class Filters(BaseModel):
    branch: str | None = None
    search: str = ""
    category: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    available: bool | None = None
    ordering: str = "name"
    page: int = 1
    page_size: int = 20


async def session():
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/api/products/", response_model=PageOut)
async def products(request: Request, filters: Annotated[Filters, Query()], db: Session):
    named = Branch.slug == filters.branch if filters.branch else Branch.is_default
    branch = await db.scalar(select(Branch).where(named))
    if branch is None:
        raise HTTPException(404)
    found = filtered(at_branch(select(Product), branch).where(Product.is_active), filters)
    count = await db.scalar(found.with_only_columns(func.count()))
    page = found.add_columns(branch_price, is_available).options(
        contains_eager(Product.category), selectinload(Product.option_groups).load_only(OptionGroup.id)
    )
    start, end = filters.page_size * (filters.page - 1), filters.page_size * filters.page
    rows = await db.execute(page.order_by(*ordering(filters)).offset(start).limit(filters.page_size))
    return {
        "count": count,
        "next": str(request.url.include_query_params(page=filters.page + 1)) if end < count else None,
        "previous": str(request.url.include_query_params(page=filters.page - 1)) if start else None,
        "results": [item(row) | {"option_groups": [group.id for group in row[0].option_groups]} for row in rows],
    }


def at_branch(query: Select, branch: Branch) -> Select:
    there = and_(BranchProduct.product_id == Product.id, BranchProduct.branch_id == branch.id)
    return query.join(Product.category).outerjoin(BranchProduct, there)


def filtered(query: Select, filters: Filters) -> Select:
    for word in filters.search.split():
        texts = (Product.name, Product.description, Category.name)
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if filters.category is not None:
        by_id = Category.id == int(filters.category) if filters.category.isdigit() else False
        query = query.where(or_(Category.slug == filters.category, by_id))
    if filters.min_price is not None:
        query = query.where(branch_price >= filters.min_price)
    if filters.max_price is not None:
        query = query.where(branch_price <= filters.max_price)
    return query if filters.available is None else query.where(is_available == filters.available)


def ordering(filters: Filters) -> list:
    column = {"name": Product.name, "price": branch_price, "created_at": Product.created_at}
    chosen = column.get(filters.ordering.removeprefix("-"), Product.name)
    return [chosen.desc() if filters.ordering.startswith("-") else chosen, Product.id]


def item(row) -> dict:
    product, price, available = row
    return {
        "id": product.id,
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "price": price,
        "category": product.category_id,
        "category_name": product.category.name,
        "image": product.image or None,
        "is_active": product.is_active,
        "is_available": available,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


@app.get("/api/branches/{slug}/menu/", response_model=MenuOut)
async def menu(slug: str, db: Session):
    named = select(Branch).where(Branch.slug == slug, Branch.is_active)
    branch = await db.scalar(named.options(selectinload(Branch.hours), selectinload(Branch.special_days)))
    if branch is None:
        raise HTTPException(404)
    listed = at_branch(select(Product, branch_price, is_available), branch).where(is_listed)
    rows = await db.execute(
        listed.options(
            contains_eager(Product.category), selectinload(Product.option_groups).selectinload(OptionGroup.options)
        ).order_by(Category.position, Category.name, Category.id, Product.name, Product.id)
    )
    now = standing(branch.timezone, branch.hours, datetime.now(UTC))
    return {
        "branch": {column: getattr(branch, column) for column in BranchOut.model_fields if column not in now} | now,
        "currency": "USD",
        "categories": [
            {field: getattr(category, field) for field in CategoryOut.model_fields if field != "products"}
            | {"products": [item(row) | {"option_groups": groups_of(row[0])} for row in of_category]}
            for category, of_category in groupby(rows, key=lambda row: row[0].category)
        ],
    }


def groups_of(product: Product) -> list[dict]:
    return [
        {
            "id": group.id,
            "name": group.name,
            "min_choices": group.min_choices,
            "max_choices": group.max_choices,
            "options": [
                {field: getattr(option, field) for field in OptionOut.model_fields} for option in group.options
            ],
        }
        for group in product.option_groups
    ]


@app.get("/healthz")
async def healthz():
    return "ok"
