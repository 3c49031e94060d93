"""What happens when the database gives a transaction up, or makes it wait too long."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from cart.models import CartItem
from cart.services import lock_cart
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.exceptions import CartHasProblems
from orders.models import Order
from orders.placing import place_order
from products.models import BranchProduct
from products.tests.factories import BranchProductFactory
from rest import transactions
from rest.tests.races import in_parallel
from rest.transactions import retrying_atomic

pytestmark = pytest.mark.django_db(transaction=True)
needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


def refuse(condition: str) -> None:
    """The database gives up, for this reason."""
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{condition}'; END $$")


def crossing(rows: list[BranchProduct], decorator) -> list:
    """Two transactions that lock the same two rows in opposite orders, each its first before either its second."""
    together = threading.Barrier(2)
    attempts = []

    def cross(first: BranchProduct, second: BranchProduct):
        @decorator
        def run() -> str:
            attempts.append(first.pk)
            BranchProduct.objects.select_for_update().get(pk=first.pk)
            if len(attempts) <= 2:
                together.wait(30)
            BranchProduct.objects.filter(pk=second.pk).update(is_listed=False)
            return "done"

        try:
            return run()
        except OperationalError as error:
            return error.__cause__.pgcode

    results = in_parallel([lambda: cross(*rows), lambda: cross(*rows[::-1])])
    return [sorted(results), len(attempts)]


@needs_postgresql
def test_deadlock_is_begun_anew_and_nobody_notices(branch):
    rows = [BranchProductFactory(branch=branch) for _ in range(2)]

    assert crossing(rows, retrying_atomic) == [["done", "done"], 3]


@needs_postgresql
def test_deadlock_reaches_the_caller_of_a_plain_transaction(branch):
    rows = [BranchProductFactory(branch=branch) for _ in range(2)]

    assert crossing(rows, transaction.atomic) == [["40P01", "done"], 2]


def sell_at_once(row: BranchProduct, decorator) -> list[str]:
    """Two read a stock and write one less, in snapshots that were both taken before either wrote."""
    together = threading.Barrier(2)
    attempts = []

    @decorator
    def sell() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        stock = BranchProduct.objects.get(pk=row.pk).stock
        attempts.append(stock)
        if len(attempts) <= 2:
            together.wait(30)
        BranchProduct.objects.filter(pk=row.pk).update(stock=stock - 1)
        return "sold"

    def outcome() -> str:
        try:
            return sell()
        except OperationalError as error:
            return error.__cause__.pgcode

    return sorted(in_parallel([outcome, outcome]))


@needs_postgresql
@pytest.mark.parametrize(
    ("decorator", "outcomes"), [(retrying_atomic, ["sold", "sold"]), (transaction.atomic, ["40001", "sold"])]
)
def test_serialization_failure_is_begun_anew_by_our_transactions_only(branch, decorator, outcomes):
    row = BranchProductFactory(branch=branch, stock=5)

    assert sell_at_once(row, decorator) == outcomes
    row.refresh_from_db()
    assert row.stock == 5 - outcomes.count("sold")


@needs_postgresql
@pytest.mark.parametrize(("seconds", "number"), [(60, transactions.ATTEMPTS), (0, 1)])
def test_attempts_are_bounded_and_the_last_failure_is_told(monkeypatch, seconds, number):
    monkeypatch.setattr(transactions, "RETRY_SECONDS", seconds)
    attempts = []

    @retrying_atomic
    def always_loses(number: int, *, by: int) -> None:
        attempts.append(number + by)
        refuse("deadlock_detected")

    with pytest.raises(OperationalError):
        always_loses(1, by=2)

    assert attempts == [3] * number


@needs_postgresql
def test_lock_timeout_is_not_attempted_anew(branch):
    attempts = []

    @retrying_atomic
    def waits() -> None:
        attempts.append(1)
        refuse("lock_not_available")

    with pytest.raises(OperationalError):
        waits()

    assert len(attempts) == 1


@needs_postgresql
def test_within_another_transaction_the_whole_is_given_up(branch):
    attempts = []

    @retrying_atomic
    def loses() -> None:
        attempts.append(1)
        refuse("deadlock_detected")

    with pytest.raises(OperationalError), transaction.atomic():
        loses()

    assert len(attempts) == 1


def test_refusal_within_another_transaction_leaves_nothing_of_it(user, branch):
    item = CartItemFactory(user=user)
    BranchProductFactory(branch=branch, product=item.product, stock=0)

    @retrying_atomic
    def add_and_order() -> None:
        CartItem.objects.create(user=user, product=item.product, configuration="1")
        place_order(user=user)

    with pytest.raises(CartHasProblems):
        add_and_order()

    assert CartItem.objects.count() == 1


def test_sqlite_that_is_locked_is_asked_again():
    attempts = []

    @retrying_atomic
    def write() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise OperationalError("database is locked")
        return "written"

    assert (write(), len(attempts)) == ("written", 2)


# --- Waiting too long -----------------------------------------------------------------------------------------------


def post_while_locked(client, user, setting: str):
    """Order while somebody else sits on the cart's lock, over a connection that waits a fifth of a second."""
    locked, done = threading.Event(), threading.Event()

    def sit() -> None:
        with transaction.atomic():
            lock_cart(user)
            locked.set()
            done.wait(30)

    def post():
        locked.wait(30)
        with connection.cursor() as cursor:
            cursor.execute(f"SET {setting} = '200ms'")
        try:
            return client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="k")
        finally:
            done.set()

    return in_parallel([sit, post])[1]


@needs_postgresql
@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_order_is_503_when_waiting_and_succeeds_by_key(user, branch, setting):
    CartItemFactory(user=user)
    client = client_of(user)

    refused = post_while_locked(client, user, setting)
    placed = client.post("/api/orders/", {}, HTTP_IDEMPOTENCY_KEY="k")

    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "unavailable", "1")
    assert (placed.status_code, placed.has_header("Idempotency-Replayed")) == (201, False)
    assert Order.objects.count() == 1
