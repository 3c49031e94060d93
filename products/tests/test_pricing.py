"""Many prices change at once: previewed, to the cent, all or nothing."""

from decimal import Decimal

import pytest

from products.models import BranchProduct, Product
from products.pricing import Rise
from products.tests.factories import BranchProductFactory, ProductFactory

pytestmark = pytest.mark.django_db

LIST, PAGE = "/admin/products/product/", "/admin/products/product/prices/"


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


@pytest.fixture
def coffees(branch) -> list[Product]:
    coffees = [ProductFactory(price=price) for price in ("2.50", "3.33")]
    BranchProductFactory(branch=branch, product=coffees[0], price="3.00", stock=4)
    BranchProductFactory(branch=branch, product=coffees[1], stock=4)
    ProductFactory(name="Tea", price="2.00")
    return coffees


def asked(coffees, **fields) -> dict:
    ids = ",".join(str(product.pk) for product in coffees)
    return {"ids": ids, "kind": "amount", "value": "0.20", "with_branches": "on", **fields}


def confirm(office, page, coffees, **fields):
    body = asked(coffees, digest=page.context["digest"], **fields)
    return office.post(PAGE, body, format="multipart", follow=True)


def prices() -> list[str]:
    general = Product.objects.order_by("pk").values_list("price", flat=True)
    own = BranchProduct.objects.order_by("pk").values_list("price", flat=True)
    return [f"{price}" for price in (*general, *own)]


@pytest.mark.parametrize(
    ("value", "is_percent", "price", "new"),
    [
        ("0.20", False, "2.50", "2.70"), ("-0.20", False, "2.50", "2.30"), ("5", True, "2.50", "2.63"),
        ("5", True, "3.33", "3.50"), ("-50", True, "0.01", "0.01"), ("-100", True, "2.50", "0.00"),
        ("33.33", True, "0.00", "0.00"), ("0.5", True, "1.00", "1.01"),
    ],
)  # fmt: skip
def test_new_price_is_rounded_half_up_to_the_cent(value, is_percent, price, new):
    assert f"{Rise(Decimal(value), is_percent, True).of(Decimal(price))}" == new


def test_action_leads_over_a_preview_to_new_prices(office, anonymous, coffees):
    body = {"action": "change_prices", "_selected_action": [product.pk for product in coffees]}
    anonymous.get("/api/products/?search=tea")

    form = office.post(LIST, body, format="multipart")
    page = office.post(PAGE, asked(coffees, ids=form.context["ids"]), format="multipart")
    before = prices()
    done = confirm(office, page, coffees)

    assert before == ["2.50", "3.33", "2.00", "3.00", "None"]
    assert prices() == ["2.70", "3.53", "2.00", "3.20", "None"]
    assert "3 prices were changed." in done.content.decode()


def test_next_reader_sees_the_new_prices(office, anonymous, coffees):
    assert "3.33" in anonymous.get("/api/products/").content.decode()

    confirm(office, office.post(PAGE, asked(coffees), format="multipart"), coffees)

    assert "3.53" in anonymous.get("/api/products/").content.decode()


def test_prices_of_branches_stay_when_they_are_not_meant(office, coffees):
    fields = {"kind": "percent", "value": "10", "with_branches": ""}

    page = office.post(PAGE, asked(coffees, **fields), format="multipart")
    confirm(office, page, coffees, **fields)

    assert prices() == ["2.75", "3.66", "2.00", "3.00", "None"]


def test_price_below_zero_keeps_all_as_they_are(office, coffees):
    page = office.post(PAGE, asked(coffees, value="-3"), format="multipart")

    answer = confirm(office, page, coffees, value="-3")

    assert page.context["is_sound"] is False
    assert "nothing can be written" in answer.content.decode()
    assert prices() == ["2.50", "3.33", "2.00", "3.00", "None"]


def test_price_changed_meanwhile_is_shown_anew(office, coffees):
    page = office.post(PAGE, asked(coffees), format="multipart")
    Product.objects.filter(pk=coffees[0].pk).update(price="9.00")

    again = confirm(office, page, coffees)

    assert "has been changed meanwhile" in again.content.decode()
    assert prices()[0] == "9.00"
    confirm(office, again, coffees)
    assert prices()[0] == "9.20"


def test_another_rise_than_the_previewed_one_is_not_written(office, coffees):
    page = office.post(PAGE, asked(coffees), format="multipart")

    confirm(office, page, coffees, value="2.00")

    assert prices()[0] == "2.50"


@pytest.mark.parametrize("value", ["", "0", "x", "1_0", "NaN", "1e9", "1.234", "--1", "٣", "\0"])
def test_rise_that_is_none_is_refused_in_the_form(office, coffees, value):
    page = office.post(PAGE, asked(coffees, value=value), format="multipart")

    assert list(page.context["form"].errors) == ["value"]


@pytest.mark.parametrize("value", ["+0.20", "0,2", " 0.2 "])
def test_rise_is_read_as_people_write_it(office, coffees, value):
    page = office.post(PAGE, asked(coffees, value=value), format="multipart")

    assert f"{page.context['prices'][0].new}" == "2.70"


@pytest.mark.parametrize("ids", ["", "x", "1,", "\0", "9" * 40, "-1", "1," * 20_000 + "1"])
def test_odd_ids_are_no_failure(office, branch, ids):
    assert office.post(PAGE, {"ids": ids, "kind": "amount", "value": "1"}, format="multipart").status_code == 400
