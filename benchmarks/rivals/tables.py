"""The shop's tables for SQLAlchemy."""

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import Column, DateTime, ForeignKey, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


MOMENT = DateTime(timezone=True)


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
    prep_seconds: Mapped[int]


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
    baristas: Mapped[int]
    paused_until: Mapped[datetime | None] = mapped_column(MOMENT)
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
    prep_seconds: Mapped[int]
    category: Mapped[Category] = relationship()
    option_groups: Mapped[list[OptionGroup]] = relationship(secondary=product_option_groups, order_by=OptionGroup.id)


class User(Base):
    __tablename__ = "users_customuser"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]


cart_item_options = Table(
    "rival_cartitem_options",
    Base.metadata,
    Column("id", primary_key=True),
    Column("cartitem_id", ForeignKey("rival_cartitem.id")),
    Column("option_id", ForeignKey("products_option.id")),
)


class CartItem(Base):
    __tablename__ = "rival_cartitem"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users_customuser.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products_product.id"))
    quantity: Mapped[int]
    options: Mapped[list[Option]] = relationship(secondary=cart_item_options, order_by=Option.id)


class Order(Base):
    __tablename__ = "orders_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users_customuser.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    business_day: Mapped[date]
    number: Mapped[str]
    status: Mapped[str] = mapped_column(default="pending")
    subtotal_price: Mapped[Decimal]
    total_price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="USD")
    note: Mapped[str]
    promised_at: Mapped[datetime] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)


class OrderItem(Base):
    __tablename__ = "orders_orderitem"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders_order.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products_product.id"))
    product_name: Mapped[str]
    options: Mapped[list] = mapped_column(JSONB)
    unit_price: Mapped[Decimal]
    quantity: Mapped[int]


class OrderEvent(Base):
    __tablename__ = "orders_orderevent"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders_order.id"))
    status: Mapped[str] = mapped_column(default="pending")
    at: Mapped[datetime] = mapped_column(MOMENT)
    by_id: Mapped[int] = mapped_column(ForeignKey("users_customuser.id"))


class OpenWork(Base):
    __tablename__ = "products_openwork"

    order_id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    due_at: Mapped[datetime] = mapped_column(MOMENT)
    seconds: Mapped[int]


class PickupCounter(Base):
    __tablename__ = "orders_pickupcounter"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("products_branch.id"))
    business_day: Mapped[date]
    last_number: Mapped[int]


class StockMovement(Base):
    __tablename__ = "products_stockmovement"

    id: Mapped[int] = mapped_column(primary_key=True)
    branch_product_id: Mapped[int] = mapped_column(ForeignKey("products_branchproduct.id"))
    change: Mapped[int]
    reason: Mapped[str]
    order_id: Mapped[int]
    by_id: Mapped[int] = mapped_column(ForeignKey("users_customuser.id"))
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class IdempotencyRecord(Base):
    __tablename__ = "users_idempotencyrecord"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users_customuser.id"))
    operation: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(MOMENT)


class Email(Base):
    """An outbox of the rival's own: ours keeps what Django's e-mails are in Python."""

    __tablename__ = "rival_email"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
