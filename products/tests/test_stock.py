import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client

from products.models import BranchProduct, StockMovement
from products.stock import change_stock, lock_stock, return_stock, save_branch_product, take_stock
from products.tests.factories import BranchFactory, BranchProductFactory, ProductFactory
from rest.tests.races import in_parallel

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for")


def booked(row: BranchProduct) -> int:
    return row.movements.aggregate(total=Sum("change"))["total"] or 0


@transaction.atomic
def sell(row: BranchProduct, quantity: int, order_id: int = 1) -> None:
    rows = lock_stock(branch=row.branch, product_ids=[row.product_id])
    take_stock(rows, {row.product_id: quantity}, order_id=order_id, order_version=1, by=None)


@transaction.atomic
def take_back(order_id: int = 1) -> None:
    return_stock(order_id=order_id, order_version=2, by=None)


@pytest.mark.django_db
def test_first_stock_is_booked(branch):
    row = BranchProductFactory(branch=branch, stock=12)

    assert booked(row) == 12


@pytest.mark.django_db
@pytest.mark.parametrize("stock", [None, 0])
def test_nothing_is_booked_when_there_is_nothing(branch, stock):
    row = BranchProductFactory(branch=branch, stock=stock)

    assert row.movements.count() == 0


@pytest.mark.django_db
def test_all_that_is_there_can_be_wasted(branch, admin_user):
    row = BranchProductFactory(branch=branch, stock=3)

    assert change_stock(row_id=row.pk, change=-3, reason="wasted", by=admin_user).stock == 0


def test_movements_always_add_up_to_the_stock(branch, admin_user):
    row = BranchProductFactory(branch=branch, stock=12)

    balances = []
    for step in [
        lambda: sell(row, 5, order_id=1),
        lambda: sell(row, 7, order_id=2),
        lambda: take_back(order_id=1),
        lambda: recount(row, 9, admin_user),
        lambda: recount(row, None, admin_user),
        lambda: take_back(order_id=2),
        lambda: recount(row, 3, admin_user),
    ]:
        step()
        row.refresh_from_db()
        balances.append((row.stock, booked(row)))

    assert balances == [(7, 7), (0, 0), (5, 5), (9, 9), (None, 0), (None, 0), (3, 3)]


def recount(row: BranchProduct, stock: int | None, by) -> None:
    row.stock = stock
    save_branch_product(row, changed=["stock"], by=by)


@pytest.mark.django_db
def test_recount_starts_from_current_stock_not_the_forms(branch, admin_user):
    BranchProductFactory(branch=branch, stock=12)
    form = BranchProduct.objects.get()
    sell(form, 2)

    recount(form, 12, admin_user)

    latest = StockMovement.objects.first()
    assert (latest.change, latest.reason, latest.by) == (2, "corrected", admin_user)
    assert booked(form) == 12


@pytest.mark.django_db
def test_stock_sold_meanwhile_survives_a_price_change(branch, admin_user):
    BranchProductFactory(branch=branch, stock=12)
    form = BranchProduct.objects.get()
    sell(form, 2)

    form.price = "3.00"
    save_branch_product(form, changed=["price"], by=admin_user)

    form.refresh_from_db()
    assert (str(form.price), form.stock, booked(form)) == ("3.00", 10, 10)


@pytest.mark.django_db
def test_admin_site_books_a_recount_under_the_administrators_name(branch, admin_user):
    row = BranchProductFactory(branch=branch, stock=12)
    browser = Client()
    browser.force_login(admin_user)
    form = {"branch": branch.pk, "product": row.product_id, "is_listed": "on", "stock": "10"}

    response = browser.post(
        f"/admin/products/branchproduct/{row.pk}/change/",
        {**form, "price": "", "sold_out_until_0": "", "sold_out_until_1": ""},
    )

    latest = StockMovement.objects.first()
    assert response.status_code == 302
    assert (latest.change, latest.reason, latest.by) == (-2, "corrected", admin_user)


@pytest.mark.django_db
def test_stock_can_never_be_negative(branch):
    row = BranchProductFactory(branch=branch, stock=1)

    with pytest.raises(IntegrityError):
        sell(row, 2)

    row.refresh_from_db()
    assert (row.stock, booked(row)) == (1, 1)


@pytest.mark.django_db
def test_nothing_is_taken_when_made_to_order(branch):
    row = BranchProductFactory(branch=branch, stock=None)

    sell(row, 2)

    assert row.movements.count() == 0


@pytest.mark.django_db
def test_stock_is_taken_at_the_orders_branch_only(branch):
    croissant = ProductFactory()
    here = BranchProductFactory(branch=branch, product=croissant, stock=5)
    there = BranchProductFactory(branch=BranchFactory(), product=croissant, stock=5)

    sell(here, 2)

    assert (booked(here), booked(there)) == (3, 5)


@pytest.mark.django_db
def test_stock_comes_back_to_where_it_was_taken_only(branch):
    sold, other = BranchProductFactory(branch=branch, stock=5), BranchProductFactory(branch=branch, stock=5)
    sell(sold, 2)

    take_back()

    assert (booked(sold), booked(other)) == (5, 5)


@pytest.mark.django_db
def test_order_cannot_take_twice(branch):
    row = BranchProductFactory(branch=branch, stock=5)
    sell(row, 2)

    with pytest.raises(IntegrityError):
        sell(row, 2)

    row.refresh_from_db()
    assert row.stock == booked(row) == 3


@pytest.mark.django_db
def test_order_cannot_give_back_twice(branch):
    row = BranchProductFactory(branch=branch, stock=5)
    sell(row, 2)

    for _ in range(2):
        take_back()

    row.refresh_from_db()
    assert row.stock == booked(row) == 5


@pytest.mark.django_db
def test_database_moves_stock_once_for_an_orders_version(branch):
    row = BranchProductFactory(branch=branch, stock=5)
    sell(row, 2)

    with pytest.raises(IntegrityError), transaction.atomic():
        sell(row, 2)

    row.refresh_from_db()
    assert row.stock == booked(row) == 3


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's integers are larger")
def test_delivery_that_outgrows_the_column_is_refused(branch, admin_client):
    row = BranchProductFactory(branch=branch, stock=2**31 - 1)

    added = admin_client.post(f"/api/branch-products/{row.pk}/stock/", {"change": 1, "reason": "delivered"})
    typed = admin_client.patch(f"/api/branch-products/{row.pk}/", {"stock": 2**31})

    assert (added.status_code, list(added.json())) == (400, ["change"])
    assert (typed.status_code, list(typed.json())) == (400, ["stock"])
    assert booked(row) == 2**31 - 1


# --- Races ----------------------------------------------------------------------------------------------------------


def sell_and_recount_at_once(branch) -> tuple[int, int]:
    """Ten sales of one piece while somebody counts 50; what is in stock afterwards, and what the books say."""
    row = BranchProductFactory(branch=branch, stock=20)
    form = BranchProduct.objects.get(pk=row.pk)
    in_parallel([
        *(lambda order_id=order_id: sell(row, 1, order_id=order_id) for order_id in range(1, 11)),
        lambda: recount(form, 50, None),
    ])  # fmt: skip
    row.refresh_from_db()
    return row.stock, booked(row)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_books_are_right_when_a_recount_meets_sales(branch):
    stock, books = sell_and_recount_at_once(branch)

    assert stock == books
    assert 40 <= stock <= 50


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_books_go_wrong_in_that_race_when_nobody_locks(branch, monkeypatch, untranslated):
    together = threading.Barrier(11)

    def unlocked(rows):
        if threading.current_thread() is not threading.main_thread():
            together.wait(30)
        return rows.order_by("pk")

    monkeypatch.setattr("products.models.stock.BranchProductQuerySet.locked", unlocked)

    rounds = (sell_and_recount_at_once(branch) for _ in range(20))  # the window is a single statement wide

    assert any(stock != books for stock, books in rounds)
