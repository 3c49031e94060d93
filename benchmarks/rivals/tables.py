"""The catalogue's tables for SQLAlchemy."""

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


product_option_groups = Table(
    "products_product_option_groups",
    Base.metadata,
    Column("id", primary_key=True),
    Column("product_id", ForeignKey("products_product.id")),
    Column("optiongroup_id", ForeignKey("products_optiongroup.id")),
)


class Category(Base):
    __tablename__ = "products_category"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str]
    position: Mapped[int]


class Option(Base):
    __tablename__ = "products_option"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("products_optiongroup.id"))
    name: Mapped[str]
    price_delta: Mapped[Decimal]
    is_active: Mapped[bool]
    position: Mapped[int]


class OptionGroup(Base):
    __tablename__ = "products_optiongroup"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    min_choices: Mapped[int]
    max_choices: Mapped[int]
    options: Mapped[list[Option]] = relationship(order_by=(Option.position, Option.id))


class BranchHours(Base):
    __tablename__ = "products_branchhours"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]


class BranchSpecialDay(Base):
    __tablename__ = "products_branchspecialday"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    date: Mapped[date]
    opens: Mapped[time | None]
    closes: Mapped[time | None]


class Branch(Base):
    __tablename__ = "products_branch"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    phone: Mapped[str]
    latitude: Mapped[Decimal | None]
    longitude: Mapped[Decimal | None]
    timezone: Mapped[str]
    is_active: Mapped[bool]
    is_default: Mapped[bool]
    hours: Mapped[list[BranchHours]] = relationship(order_by=(BranchHours.weekday, BranchHours.opens))
    special_days: Mapped[list[BranchSpecialDay]] = relationship(
        order_by=(BranchSpecialDay.date, BranchSpecialDay.opens)
    )


class BranchProduct(Base):
    __tablename__ = "products_branchproduct"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products_product.id"))
    is_listed: Mapped[bool]
    price: Mapped[Decimal | None]
    stock: Mapped[int | None]
    sold_out_until: Mapped[datetime | None]


class Product(Base):
    __tablename__ = "products_product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str]
    price: Mapped[Decimal]
    category_id: Mapped[int] = mapped_column(ForeignKey("products_category.id"))
    image: Mapped[str]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    category: Mapped[Category] = relationship()
    option_groups: Mapped[list[OptionGroup]] = relationship(secondary=product_option_groups, order_by=OptionGroup.id)
