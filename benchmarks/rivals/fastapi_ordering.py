"""A cart and placing an order in FastAPI and async SQLAlchemy, with the guarantees of `ordering.py`."""

import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from benchmarks.rivals.fastapi_app import Money, Session, at_branch, branch_price, is_available
from benchmarks.rivals.hours import standing
from benchmarks.rivals.rules import EMAIL, first_that_fits
from benchmarks.rivals.tables import (
    Branch,
    BranchProduct,
    CartItem,
    Email,
    IdempotencyRecord,
    OpenWork,
    Option,
    Order,
    OrderEvent,
    OrderItem,
    PickupCounter,
    Product,
    StockMovement,
    User,
    cart_item_options,
)

SECRET_KEY = os.environ["SECRET_KEY"]
app = FastAPI()


class Wanted(BaseModel):
    product: int
    quantity: int = 1
    options: list[int] = []


class CartItemOut(BaseModel):
    id: int
    product: int
    product_name: str
    options: list[int]
    quantity: int
    unit_price: Money
    subtotal: Money


class Placing(BaseModel):
    note: str = ""
    expected_total: Decimal | None = None


class ItemOut(BaseModel):
    id: int
    product: int
    product_name: str
    options: list[dict]
    unit_price: Money
    quantity: int
    subtotal: Money


class EventOut(BaseModel):
    status: str
    at: datetime
    by: dict


class OrderOut(BaseModel):
    id: int
    number: str
    status: str
    branch: str
    user: dict
    items: list[ItemOut]
    total_price: Money
    currency: str
    note: str
    promised_at: datetime
    allowed_statuses: list[str]
    created_at: datetime
    updated_at: datetime
    events: list[EventOut]


class Line(NamedTuple):
    item: CartItem
    product: Product
    price: Decimal
    is_available: bool


async def signed_in(authorization: Annotated[str, Header()], db: Session) -> User:
    claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET_KEY, algorithms=["HS256"])
    user = await db.get(User, int(claims["user_id"]))
    if user is None or not user.is_active:
        raise HTTPException(401)
    return user


SignedIn = Annotated[User, Depends(signed_in)]


@app.post("/api/cart/", status_code=201, response_model=CartItemOut)
async def add(wanted: Wanted, user: SignedIn, db: Session):
    """The same product with the same options adds up, as long as nobody else adds at the same moment."""
    branch = await db.scalar(select(Branch).where(Branch.is_default))
    of_product = at_branch(select(Product, branch_price), branch).where(Product.id == wanted.product, Product.is_active)
    row = (await db.execute(of_product.options(selectinload(Product.option_groups)))).one_or_none()
    options = (await db.scalars(select(Option).where(Option.id.in_(wanted.options)))).all()
    if row is None or not {option.group_id for option in options} <= {group.id for group in row[0].option_groups}:
        raise HTTPException(400)
    twins = select(CartItem).where(CartItem.user_id == user.id, CartItem.product_id == wanted.product)
    for item in await db.scalars(twins.options(selectinload(CartItem.options))):
        if {option.id for option in item.options} == set(wanted.options):
            item.quantity += wanted.quantity
            break
    else:
        item = CartItem(user_id=user.id, product_id=wanted.product, quantity=wanted.quantity, options=list(options))
        db.add(item)
    await db.commit()
    price = price_of(row[1], options)
    return {
        **{"id": item.id, "product": item.product_id, "product_name": row[0].name, "quantity": item.quantity},
        **{"options": [option.id for option in options], "unit_price": price, "subtotal": price * item.quantity},
    }


def price_of(price: Decimal, options: Sequence[Option]) -> Decimal:
    return max(Decimal(0), price + sum(option.price_delta for option in options))


@app.post("/api/orders/", status_code=201, response_model=OrderOut)
async def place(
    request: Request, wanted: Placing, user: SignedIn, db: Session, idempotency_key: Annotated[str, Header()]
):
    await db.execute(select(User.id).where(User.id == user.id).with_for_update())  # a twin waits for it
    fingerprint = hashlib.sha256(await request.body()).hexdigest()
    of_key = select(IdempotencyRecord).where(IdempotencyRecord.user_id == user.id)
    record = await db.scalar(
        of_key.where(IdempotencyRecord.operation == "orders.place", IdempotencyRecord.key == idempotency_key)
    )
    if record is not None:
        if record.fingerprint != fingerprint:
            raise HTTPException(422)
        replayed = {"Idempotency-Replayed": "true"}
        return Response(record.body, record.status, replayed, media_type="application/json")
    now = datetime.now(UTC)
    branch = await db.scalar(
        select(Branch).where(Branch.is_default).options(selectinload(Branch.hours)).with_for_update()
    )
    if not standing(branch.timezone, branch.hours, now)["is_open"]:
        raise HTTPException(409)
    order, items, event = await write(db, user, branch, wanted, now)
    shown = OrderOut.model_validate(state(order, items, event, user, branch))
    db.add(
        IdempotencyRecord(
            **{"user_id": user.id, "operation": "orders.place", "key": idempotency_key, "fingerprint": fingerprint},
            **{"status": 201, "body": shown.model_dump_json(), "created_at": now},
        )
    )
    await db.commit()
    return shown


async def write(db: AsyncSession, user: User, branch: Branch, wanted: Placing, now: datetime):
    of_user = select(CartItem).where(CartItem.user_id == user.id).order_by(CartItem.id)
    items = (await db.scalars(of_user.options(selectinload(CartItem.options)))).all()
    ids = [item.product_id for item in items]
    there = select(BranchProduct).where(BranchProduct.branch_id == branch.id, BranchProduct.product_id.in_(ids))
    stock = {row.product_id: row for row in await db.scalars(there.order_by(BranchProduct.id).with_for_update())}
    lines = await read_lines(db, branch, items, ids)
    total = check(lines, stock, wanted.expected_total)
    seconds = sum(map(work_of, lines))
    promised_at = await promise(db, branch, seconds, now)
    order = Order(
        **{"user_id": user.id, "branch_id": branch.id, "business_day": now.date(), "note": wanted.note},
        **{"number": await next_number(db, branch, now), "subtotal_price": total, "total_price": total},
        **{"promised_at": promised_at, "created_at": now, "updated_at": now},
    )
    db.add(order)
    await db.flush()
    copies = [copy(order, one) for one in lines]
    event = OrderEvent(order_id=order.id, at=now, by_id=user.id)
    work = OpenWork(order_id=order.id, branch_id=branch.id, due_at=promised_at, seconds=seconds)
    db.add_all([*copies, event, work, *taken(order, lines, stock, user, now)])
    await db.execute(delete(cart_item_options).where(cart_item_options.c.cartitem_id.in_([item.id for item in items])))
    await db.execute(delete(CartItem).where(CartItem.user_id == user.id))
    await write_emails(db, order, copies, user, branch)
    await db.flush()
    return order, copies, event


async def read_lines(db: AsyncSession, branch: Branch, items: Sequence[CartItem], ids: list[int]) -> list[Line]:
    of_cart = at_branch(select(Product, branch_price, is_available), branch).where(Product.id.in_(ids))
    rows = await db.execute(of_cart.options(selectinload(Product.option_groups)))
    known = {product.id: (product, price, available) for product, price, available in rows}
    lines = []
    for item in items:
        product, price, available = known[item.product_id]
        lines.append(Line(item, product, price_of(price, item.options), available))
    return lines


def check(lines: list[Line], stock: dict[int, BranchProduct], expected_total: Decimal | None) -> Decimal:
    if not lines:
        raise HTTPException(400)
    for line in lines:
        there = stock.get(line.product.id)
        is_short = there is not None and there.stock is not None and there.stock < line.item.quantity
        if not line.is_available or is_short or not fit_together(line):
            raise HTTPException(409)
    total = sum(line.price * line.item.quantity for line in lines)
    if expected_total is not None and expected_total != total:
        raise HTTPException(409)
    return total


def fit_together(line: Line) -> bool:
    """The options are the product's own, to be had, and as many as it takes."""
    chosen = [option.group_id for option in line.item.options]
    groups = {group.id: group for group in line.product.option_groups}
    return (
        all(option.is_active for option in line.item.options)
        and set(chosen) <= groups.keys()
        and all(group.min_choices <= chosen.count(pk) <= group.max_choices for pk, group in groups.items())
    )


def work_of(line: Line) -> int:
    seconds = line.product.prep_seconds + sum(option.prep_seconds for option in line.item.options)
    return line.item.quantity * seconds


async def promise(db: AsyncSession, branch: Branch, seconds: int, now: datetime) -> datetime:
    if branch.paused_until and branch.paused_until > now:
        raise HTTPException(409)
    work = await db.scalars(select(OpenWork).where(OpenWork.branch_id == branch.id).order_by(OpenWork.due_at))
    moment = first_that_fits(work.all(), seconds, branch.baristas, now)
    if moment > now + timedelta(hours=24):
        raise HTTPException(409)
    return moment


async def next_number(db: AsyncSession, branch: Branch, now: datetime) -> str:
    first = insert(PickupCounter).values(branch_id=branch.id, business_day=now.date(), last_number=1)
    counted = first.on_conflict_do_update(
        index_elements=["branch_id", "business_day"], set_={"last_number": PickupCounter.last_number + 1}
    )
    return f"{await db.scalar(counted.returning(PickupCounter.last_number)):03d}"


def copy(order: Order, line: Line) -> OrderItem:
    options = [{"name": option.name, "price_delta": str(option.price_delta)} for option in line.item.options]
    return OrderItem(
        **{"order_id": order.id, "product_id": line.product.id, "product_name": line.product.name},
        **{"options": options, "unit_price": line.price, "quantity": line.item.quantity},
    )


def taken(order: Order, lines: list[Line], stock: dict[int, BranchProduct], user: User, now: datetime):
    for line in lines:
        row = stock.get(line.product.id)
        if row is not None and row.stock is not None:
            row.stock -= line.item.quantity
            yield StockMovement(
                **{"branch_product_id": row.id, "change": -line.item.quantity, "reason": "sold"},
                **{"order_id": order.id, "by_id": user.id, "created_at": now},
            )


async def write_emails(db: AsyncSession, order: Order, items: list[OrderItem], user: User, branch: Branch) -> None:
    lines = "\n".join(f"{item.quantity} x {item.product_name}  {item.unit_price * item.quantity}" for item in items)
    administrators = await db.scalars(select(User).where(User.is_active, User.role == "admin"))
    for reader in [user, *administrators]:
        body = EMAIL.format(reader.username, order.number, branch.name, lines, order.total_price, order.currency)
        db.add(Email(address=reader.email, subject=f"Order {order.number} at {branch.name}", body=body))


def state(order: Order, items: list[OrderItem], event: OrderEvent, user: User, branch: Branch) -> dict:
    person = {"id": user.id, "username": user.username}
    of_order = ("id", "number", "status", "total_price", "currency", "note", "promised_at", "created_at", "updated_at")
    of_item = ("id", "product_name", "options", "unit_price", "quantity")
    return {
        **{name: getattr(order, name) for name in of_order},
        **{"branch": branch.slug, "user": person, "allowed_statuses": ["cancelled"]},
        "items": [
            {name: getattr(item, name) for name in of_item}
            | {"product": item.product_id, "subtotal": item.unit_price * item.quantity}
            for item in items
        ],
        "events": [{"status": event.status, "at": event.at, "by": person}],
    }


@app.get("/healthz")
async def healthz():
    return "ok"
