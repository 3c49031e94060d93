from uuid import uuid4

import pytest
from django.test import Client

from products.models import StockMovement
from products.tests.factories import BranchFactory, BranchProductFactory, ProductFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/products/branchproduct/book/"


@pytest.fixture
def office(admin_user, branch) -> Client:
    browser = Client()
    browser.force_login(admin_user)
    return browser


def book(office: Client, reason: str = "delivered", key: str = "", **numbers):
    rows = {name.replace("_", "-"): number for name, number in numbers.items()}
    return office.post(PAGE, {"reason": reason, "key": key or str(uuid4()), **rows}, follow=True)


def booked() -> list[tuple]:
    return list(StockMovement.objects.exclude(reason="corrected").order_by("pk").values_list("change", "reason"))


def test_delivery_is_booked_for_all_products_at_once(office, admin_user, branch):
    croissant, cake, left_out = BranchProductFactory.create_batch(3, branch=branch, stock=2)

    page = book(office, **{f"row_{croissant.pk}": 12, f"row_{cake.pk}": 4})

    for row in (croissant, cake, left_out):
        row.refresh_from_db()
    assert [row.stock for row in (croissant, cake, left_out)] == [14, 6, 2]
    assert booked() == [(12, "delivered"), (4, "delivered")]
    assert StockMovement.objects.filter(by=admin_user).count() == 2
    assert "Booked for 2 products." in page.content.decode()


def test_waste_beyond_the_stock_books_nothing(office, branch):
    croissant, cake = BranchProductFactory.create_batch(2, branch=branch, stock=2)

    page = book(office, "wasted", **{f"row_{croissant.pk}": 1, f"row_{cake.pk}": 3})

    assert page.context["form"].errors == {f"row-{cake.pk}": ["There is less than that in stock."]}
    assert booked() == []


def test_second_click_books_nothing(office, branch):
    row, key = BranchProductFactory(branch=branch, stock=2), str(uuid4())

    for _ in range(2):
        book(office, key=key, **{f"row_{row.pk}": 5})

    assert booked() == [(5, "delivered")]


def test_page_booked_before_is_not_silently_lost(office, branch):
    row, key = BranchProductFactory(branch=branch, stock=2), str(uuid4())
    book(office, key=key, **{f"row_{row.pk}": 5})

    page = book(office, key=key, **{f"row_{row.pk}": 7})

    assert "This page has been booked before" in page.content.decode()
    assert booked() == [(5, "delivered")]


@pytest.mark.parametrize("number", ["-1", "0", "1.5", "x", "9" * 30, "", "1_0"])
def test_numbers_that_are_none_are_refused_in_words(office, branch, number):
    row = BranchProductFactory(branch=branch, stock=2)

    page = book(office, **{f"row_{row.pk}": number})

    assert page.context["form"].errors
    assert booked() == []


@pytest.mark.parametrize("query", ["?branch=nowhere", "?branch=%FF", "?branch=main&branch=x", ""])
def test_odd_branches_are_no_failure(office, query):
    assert office.get(PAGE + query).status_code == 200


def test_page_is_of_the_branch_asked_for(office, branch):
    BranchProductFactory(branch=branch, product=ProductFactory(name="Croissant"), stock=2)
    other = BranchProductFactory(branch=BranchFactory(slug="else"), product=ProductFactory(name="Medovik"), stock=2)

    page = office.get(f"{PAGE}?branch=else")

    assert [row for row, _field in page.context["form"].counted()] == [other]
