import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from mailer.models import Message

from products.models import BranchProduct, Position, StockMovement
from products.stock import change_stock, lock_stock, return_stock, save_branch_product, take_stock
from products.tests.factories import BranchFactory, BranchProductFactory, BranchStaffFactory, ProductFactory
from rest.tests.races import in_parallel
from users.tests.factories import AdminFactory, UserFactory

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for")
Reason = StockMovement.Reason


@pytest.fixture
def outbox(settings):
    """What is queued in the database, as the shop itself does it."""
    settings.EMAIL_BACKEND = "mailer.backend.DbBackend"
    AdminFactory(username="boss")
    return lambda: [message.email for message in Message.objects.order_by("pk")]


@pytest.fixture
def row(branch) -> BranchProduct:
    return BranchProductFactory(branch=branch, product=ProductFactory(name="Croissant"), stock=6, low_stock_threshold=4)


@transaction.atomic
def sell(*rows: BranchProduct, quantity: int = 1, order_id: int = 1) -> None:
    locked = lock_stock(branch=rows[0].branch, product_ids=[row.product_id for row in rows])
    wanted = {row.product_id: quantity for row in rows}
    take_stock(locked, wanted, order_id=order_id, order_version=1, by=None)


def recount(row: BranchProduct, stock: int | None) -> None:
    row.stock = stock
    save_branch_product(row, changed=["stock"], by=None)


@pytest.mark.django_db
def test_managers_hear_of_low_stock_once(outbox, row):
    BranchStaffFactory(branch=row.branch, user=UserFactory(username="mia", email="mia@example.com"), position="manager")

    written = []
    for order_id in range(1, 5):
        sell(row, order_id=order_id)
        written.append(len(outbox()))

    assert written == [0, 1, 1, 1]
    assert outbox()[0].to == ["mia@example.com"]
    assert outbox()[0].subject == "Few left at CoffeeShop: Croissant"
    assert "Croissant: 4 left" in outbox()[0].body


@pytest.mark.django_db
def test_low_stock_is_told_again_after_a_refill(outbox, row):
    sell(row, quantity=3)
    change_stock(row_id=row.pk, change=1, reason=Reason.DELIVERED, by=None)
    change_stock(row_id=row.pk, change=-1, reason=Reason.WASTED, by=None)
    before = len(outbox())

    change_stock(row_id=row.pk, change=10, reason=Reason.DELIVERED, by=None)
    change_stock(row_id=row.pk, change=-10, reason=Reason.WASTED, by=None)

    assert (before, len(outbox())) == (1, 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("threshold", "stock", "written"), [(4, 4, 1), (4, 5, 0), (None, 0, 0), (0, 0, 1), (4, None, 0)]
)
def test_recount_below_the_threshold_is_told(outbox, branch, threshold, stock, written):
    row = BranchProductFactory(branch=branch, stock=6, low_stock_threshold=threshold)

    recount(row, stock)

    assert len(outbox()) == written


@pytest.mark.django_db
def test_order_that_empties_several_writes_once(outbox, branch, row):
    other = BranchProductFactory(branch=branch, stock=5, low_stock_threshold=4)

    sell(row, other, quantity=5)

    assert [mail.subject for mail in outbox()] == ["Few left at CoffeeShop: 2 products"]


@pytest.mark.django_db
def test_low_stock_is_told_in_the_readers_language(outbox, row):
    reader = UserFactory(email="mia@example.com", language="ru")
    BranchStaffFactory(branch=row.branch, user=reader, position=Position.MANAGER)

    sell(row, quantity=2)

    assert outbox()[0].subject == "CoffeeShop: заканчивается Croissant"
    assert "осталось 4" in outbox()[0].body


@pytest.mark.django_db
def test_sale_that_is_rolled_back_tells_nobody(outbox, row):
    with transaction.atomic():
        sell(row, quantity=2)
        queued = len(outbox())
        transaction.set_rollback(True)

    assert (queued, outbox()) == (1, [])


@pytest.mark.django_db
def test_stock_that_comes_back_tells_nobody(outbox, row):
    recount(row, 2)
    sell(row, quantity=1)

    return_stock(order_id=1, order_version=2, by=None)

    assert len(outbox()) == 1


@pytest.mark.django_db
def test_orders_cancelled_again_and_again_tell_once(outbox, row):
    recount(row, 5)
    for order_id in range(1, 4):
        sell(row, order_id=order_id)
        return_stock(order_id=order_id, order_version=2, by=None)

    assert len(outbox()) == 1


@pytest.mark.django_db
def test_threshold_costs_no_statement_until_it_is_passed(row, django_assert_num_queries):
    with django_assert_num_queries(5):  # savepoint (2), lock, stock, movement
        sell(row)


@pytest.mark.django_db
def test_low_stock_is_listed_in_the_api(admin_client, branch, row):
    low = BranchProductFactory(branch=branch, stock=1, low_stock_threshold=1)
    BranchProductFactory(branch=branch, stock=0)
    BranchProductFactory(branch=BranchFactory(is_active=False), stock=0, low_stock_threshold=1)

    found, others = (
        admin_client.get(f"/api/branch-products/?is_low={value}").json()["results"] for value in ("true", "false")
    )

    assert [one["id"] for one in found] == [low.pk]
    assert len(others) == 3


@pytest.mark.django_db
def test_low_stock_is_listed_in_the_back_office(admin_user, branch, row):
    low, browser = BranchProductFactory(branch=branch, stock=1, low_stock_threshold=1), Client()
    browser.force_login(admin_user)

    page = browser.get("/admin/products/branchproduct/?low=yes")
    waiting = browser.get("/admin/").context["waiting"]

    assert list(page.context["cl"].result_list) == [low]
    assert [one["number"] for one in waiting if "low=yes" in one["address"]] == [1]


@pytest.mark.django_db
@pytest.mark.parametrize(("position", "status"), [("manager", 200), ("barista", 403)])
def test_managers_set_the_threshold(client, user, row, position, status):
    BranchStaffFactory(branch=row.branch, user=user, position=position)

    response = client.patch(f"/api/branch-products/{row.pk}/", {"low_stock_threshold": 2})

    row.refresh_from_db()
    assert (response.status_code, row.low_stock_threshold) == (status, 2 if status == 200 else 4)


# --- Races ----------------------------------------------------------------------------------------------------------


def sell_eight_at_once(branch) -> None:
    row = BranchProductFactory(branch=branch, stock=10, low_stock_threshold=9)
    in_parallel([lambda order_id=order_id: sell(row, order_id=order_id) for order_id in range(1, 9)])


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_threshold_passed_by_many_at_once_is_told_once(outbox, branch):
    sell_eight_at_once(branch)

    assert len(outbox()) == 1


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_threshold_is_told_often_when_nobody_locks(outbox, branch, monkeypatch, untranslated):
    together, lock = threading.Barrier(8), lock_stock

    def meet(**which):
        found = lock(**which)
        together.wait(30)
        return found

    monkeypatch.setattr("products.models.stock.BranchProductQuerySet.locked", lambda rows: rows.order_by("pk"))
    monkeypatch.setitem(globals(), "lock_stock", meet)

    sell_eight_at_once(branch)

    assert len(outbox()) == 8
