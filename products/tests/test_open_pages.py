"""A page of the back office that was open for a while does not undo what others did meanwhile."""

import pytest

from products.models import BranchProduct, Category, Product
from products.stock import change_stock
from products.tests.adminforms import form_of, list_form_of
from products.tests.factories import (
    BranchProductFactory,
    CategoryFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


def save(office, url: str, form: dict, **changes):
    return office.post(url, {**form, **changes}, format="multipart")


def text_of(response) -> str:
    return response.content.decode()


def test_list_saved_untouched_leaves_a_newer_price(office, branch):
    url, product = "/admin/products/product/", ProductFactory(price="4.00")
    form = list_form_of(office.get(url))
    Product.objects.update(price="6.00")

    save(office, url, form)

    product.refresh_from_db()
    assert str(product.price) == "6.00"


def test_list_changes_the_one_column_that_was_changed(office, branch):
    url, product = "/admin/products/product/", ProductFactory(price="4.00")
    form = list_form_of(office.get(url))
    Product.objects.update(price="6.00")
    form.pop("form-0-is_active")

    save(office, url, form)

    product.refresh_from_db()
    assert (str(product.price), product.is_active) == ("6.00", False)


def test_list_refuses_what_both_changed_and_says_so(office, branch):
    url, product = "/admin/products/product/", ProductFactory(price="4.00")
    form = list_form_of(office.get(url))
    Product.objects.update(price="6.00")

    response = save(office, url, form, **{"form-0-price": "5.00"})

    product.refresh_from_db()
    assert (response.status_code, str(product.price)) == (200, "6.00")
    assert "it is “6.00” now" in text_of(response)


def test_both_may_change_it_to_the_same(office, branch):
    url, product = "/admin/products/product/", ProductFactory(price="4.00")
    form = list_form_of(office.get(url))
    Product.objects.update(price="6.00")

    response = save(office, url, form, **{"form-0-price": "6.00"})

    assert response.status_code == 302
    assert str(Product.objects.get(pk=product.pk).price) == "6.00"


def test_page_saved_untouched_leaves_everything_newer(office, branch):
    product, tea = ProductFactory(), CategoryFactory()
    url = f"/admin/products/product/{product.pk}/change/"
    form = form_of(office.get(url))
    group, oat = OptionGroupFactory(), IngredientFactory()
    Product.objects.update(description="Новое", is_active=False, price="6.00", category=tea)
    product.option_groups.add(group)
    product.ingredients.add(oat)

    response = save(office, url, form)

    product.refresh_from_db()
    assert response.status_code == 302
    assert (product.description, product.is_active, str(product.price), product.category) == (
        "Новое",
        False,
        "6.00",
        tea,
    )
    assert (list(product.option_groups.all()), list(product.ingredients.all())) == ([group], [oat])


@pytest.mark.parametrize(
    ("newer", "typed", "told"),
    [
        ({"price": "6.00"}, {"price": "5.00"}, "6.00"),
        ({"description": "newer"}, {"description": "mine"}, "newer"),
        ({"name": "Newer"}, {"name": "Mine"}, "Newer"),
        ({"slug": "newer"}, {"slug": "mine"}, "newer"),
    ],
)
def test_page_refuses_what_both_changed_and_says_so(office, branch, newer, typed, told):
    product = ProductFactory(name="Latte", price="4.00")
    url = f"/admin/products/product/{product.pk}/change/"
    form = form_of(office.get(url))
    Product.objects.update(**newer)

    response = save(office, url, form, **typed)

    assert response.status_code == 200
    assert f"it is “{told}” now" in text_of(response)
    assert Product.objects.filter(**newer).exists()


def test_groups_that_both_changed_are_refused(office, branch):
    product, (size, milk) = ProductFactory(), OptionGroupFactory.create_batch(2)
    url = f"/admin/products/product/{product.pk}/change/"
    form = form_of(office.get(url))
    product.option_groups.add(size)

    response = save(office, url, form, option_groups=[milk.pk])

    assert response.status_code == 200
    assert list(product.option_groups.all()) == [size]


@pytest.mark.parametrize("page", ["list", "page", "inline"])
def test_stock_typed_while_it_sold_is_refused(office, admin_user, branch, page):
    row = BranchProductFactory(branch=branch, stock=19)
    url, name = {
        "list": ("/admin/products/branchproduct/", "form-0-stock"),
        "page": (f"/admin/products/branchproduct/{row.pk}/change/", "stock"),
        "inline": (f"/admin/products/product/{row.product_id}/change/", "branch_products-0-stock"),
    }[page]
    form = (list_form_of if page == "list" else form_of)(office.get(url))
    change_stock(row_id=row.pk, change=-3, reason="wasted", by=admin_user)

    response = save(office, url, form, **{name: "29"})

    assert (response.status_code, BranchProduct.objects.get().stock) == (200, 16)
    assert "it is “16” now" in text_of(response)


@pytest.mark.parametrize("page", ["list", "page", "inline"])
def test_stock_that_was_left_alone_goes_on_selling(office, admin_user, branch, page):
    row = BranchProductFactory(branch=branch, stock=19, price="1.00")
    url, name = {
        "list": ("/admin/products/branchproduct/", "form-0-price"),
        "page": (f"/admin/products/branchproduct/{row.pk}/change/", "price"),
        "inline": (f"/admin/products/product/{row.product_id}/change/", "branch_products-0-price"),
    }[page]
    form = (list_form_of if page == "list" else form_of)(office.get(url))
    change_stock(row_id=row.pk, change=-3, reason="wasted", by=admin_user)

    response = save(office, url, form, **{name: "2.00"})

    row = BranchProduct.objects.get()
    assert (response.status_code, row.stock, str(row.price)) == (302, 16, "2.00")


def test_option_in_a_groups_page_keeps_its_newer_price(office, branch):
    option = OptionFactory(price_delta="0.50")
    url = f"/admin/products/optiongroup/{option.group_id}/change/"
    form = form_of(office.get(url))
    type(option).objects.update(price_delta="0.90")

    response = save(office, url, form, name="Renamed")

    option.refresh_from_db()
    assert (response.status_code, str(option.price_delta), option.group.name) == (302, "0.90", "Renamed")


def test_form_is_taken_when_a_program_sends_it(office):
    category = CategoryFactory(name="Tea")

    response = save(
        office, f"/admin/products/category/{category.pk}/change/", {"name": "Teas", "position": 3, "slug": "t"}
    )

    assert response.status_code == 302
    assert list(Category.objects.values_list("name", "position", "slug")) == [("Teas", 3, "t")]


def test_group_is_refused_when_options_are_too_few(office):
    option = OptionFactory()
    url = f"/admin/products/optiongroup/{option.group_id}/change/"

    two = save(office, url, form_of(office.get(url)), min_choices="2", max_choices="2")
    none = save(office, url, form_of(office.get(url)), **{"min_choices": "1", "options-0-DELETE": "on"})
    one = save(office, url, form_of(office.get(url)), min_choices="1")

    assert [response.status_code for response in (two, none, one)] == [200, 200, 302]
    assert "fewer options than must be chosen" in text_of(two)
