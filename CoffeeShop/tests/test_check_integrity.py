from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from cart.tests.factories import CartItemFactory
from orders.models import Order, OrderEvent, OrderItem
from orders.placing import OPERATION
from orders.services import delete_order
from orders.tests.factories import OrderFactory
from products.models import BranchProduct, OpenWork, StockMovement
from products.tests.factories import BranchProductFactory
from support.models import Conversation, Message
from support.services import open_conversation, post_message
from users.models import IdempotencyRecord
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def check() -> tuple[int, list[str]]:
    """The exit code, and the lines that were printed."""
    out, code = StringIO(), 0
    try:
        call_command("check_integrity", stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue().splitlines()


@pytest.fixture
def life(branch, client, user) -> Order:
    """A shop in which everything has happened once; returns the order that was placed with a key."""
    row = BranchProductFactory(branch=branch, stock=20)
    for status in ["accepted", "ready", "completed", "cancelled"]:
        OrderFactory(product=row.product, quantity=2, status=status)
    delete_order(order_id=OrderFactory(product=row.product, status="cancelled").pk)
    untracked = BranchProductFactory(branch=branch, stock=5)
    OrderFactory(product=untracked.product)
    CartItemFactory(user=user, product=row.product, quantity=3, product__price="0.10")
    CartItemFactory(user=user, product__price="0.77", quantity=3)
    client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="tap")
    conversation, _new = open_conversation(UserFactory())
    for number in range(3):
        client_id = f"00000000-0000-0000-0000-00000000000{number}"
        post_message(conversation_id=conversation.pk, author=conversation.customer, client_id=client_id, text="Hi")
    return Order.objects.get(user=user)


def test_sound_books_are_one_line(life):
    assert check() == (0, ["The books balance."])


def test_empty_shop_is_sound(db):
    assert check() == (0, ["The books balance."])


def alter(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def other_key(order: Order, **values) -> None:
    record = IdempotencyRecord.objects.get(operation=OPERATION)
    for name, value in {"pk": None, "key": "other", **values}.items():
        setattr(record, name, value)
    record.save(force_insert=True)


def twin(order: Order) -> None:
    """An order of the day before that waits under the same number."""
    order.pk, order.business_day = None, order.business_day - timedelta(days=1)
    order.save(force_insert=True)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda order: OrderItem.objects.filter(order=order).update(unit_price="9.00"), "its items"),
        (
            lambda order: Order.objects.filter(pk=order.pk).update(total_price="0.01", subtotal_price="0.01"),
            "costs 0.01, its items",
        ),
        (lambda order: Order.objects.filter(pk=order.pk).update(discounts=[{"amount": "1.00"}]), "less its discounts"),
        (lambda order: OrderItem.objects.filter(order=order).delete(), "its items None"),
        (lambda order: BranchProduct.objects.filter(stock__gt=5).update(stock=6), "is 6, its movements say"),
        (lambda order: BranchProduct.objects.filter(stock=4).update(stock=None), "is None, its movements say 4"),
        (lambda order: StockMovement.objects.filter(order_id=order.pk).delete(), "its movements say"),
        (lambda order: StockMovement.objects.filter(order_id=order.pk).update(change=-2), "took 2 of stock row"),
        (lambda order: StockMovement.objects.filter(reason="returned").update(change=9), "more to stock row"),
        (lambda order: Order.objects.filter(pk=order.pk).update(status="ready"), "its timeline ends with pending"),
        (lambda order: OrderEvent.objects.filter(order=order).delete(), "its timeline ends with None"),
        (lambda order: OrderEvent.objects.filter(status="preparing").delete(), "moved from accepted to ready"),
        (lambda order: OrderEvent.objects.filter(status="pending").delete(), "moved from nothing to accepted"),
        (lambda order: Order.objects.update(version=0), "has version 0, but"),
        (lambda order: OpenWork.objects.filter(order_id=order.pk).update(seconds=1), "its open work says 1"),
        (lambda order: OpenWork.objects.filter(order_id=order.pk).update(order_id=10**9), "which has none"),
        (lambda order: twin(order), "waits at branch"),
        (lambda order: IdempotencyRecord.objects.update(status=None, body=""), "'tap'"),
        (lambda order: IdempotencyRecord.objects.update(user=UserFactory()), "which is not theirs"),
        (lambda order: other_key(order), "answers 2 keys"),
        (lambda order: Message.objects.filter(seq=2).delete(), "counts to 3, it has 2 messages up to 3"),
        (lambda order: Message.objects.filter(seq=3).delete(), "counts to 3, it has 2 messages up to 2"),
        (lambda order: Message.objects.filter(seq=3).update(seq=4), "counts to 3, it has 3 messages up to 4"),
        (lambda order: Conversation.objects.update(last_seq=4), "counts to 4"),
    ],
)  # fmt: skip
def test_damage_is_named_and_the_command_fails(life, damage, said):
    damage(life)

    code, lines = check()

    assert code == 1
    assert any(said in line for line in lines), lines


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot drop a constraint")
@pytest.mark.parametrize(
    ("table", "constraint", "damage", "said"),
    [
        (
            "products_branchproduct",
            "products_branchproduct_stock_not_negative",
            lambda order: BranchProduct.objects.update(stock=-1),
            "is -1, below zero",
        ),
        (
            "orders_orderitem",
            "orders_orderitem_made_in_quantity",
            lambda order: OrderItem.objects.update(made=1000),
            "has 1000 cups made",
        ),
        (
            "users_idempotencyrecord",
            "users_idempotencyrecord_unique",
            lambda order: other_key(order, key="tap"),
            "is there 2 times",
        ),
    ],
)
def test_damage_is_named_even_where_a_constraint_forbids_it(life, table, constraint, damage, said):
    alter("SET CONSTRAINTS ALL IMMEDIATE")
    alter(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
    if table == "products_branchproduct":
        alter(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS products_branchproduct_stock_check")
    damage(life)

    code, lines = check()

    assert code == 1
    assert any(said in line for line in lines), lines
