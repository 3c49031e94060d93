"""Branches and products made after another one in the back office."""

from datetime import timedelta

import pytest
from django.utils import timezone

from products.models import Branch, BranchProduct, Product, StockMovement
from products.tests.factories import (
    BranchFactory,
    BranchHoursFactory,
    BranchProductFactory,
    BranchSpecialDayFactory,
    BranchStaffFactory,
    IngredientFactory,
    OptionFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

PRODUCTS, BRANCHES = "/admin/products/product/", "/admin/products/branch/"


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


@pytest.fixture
def latte(branch) -> Product:
    latte = ProductFactory(
        name="Latte", description="Espresso and milk", price="4.10", prep_seconds=90, position=3,
        translations={"ru": {"name": "Латте", "description": "Эспрессо и молоко"}},
    )  # fmt: skip
    latte.option_groups.add(OptionFactory().group)
    latte.ingredients.add(IngredientFactory())
    return latte


def test_copied_product_is_unlisted_and_differs_in_name_only(office, latte):
    body = {"name": "Raf", "name_ru": "Раф", "slug": "raf"}

    answer = office.post(f"{PRODUCTS}{latte.pk}/copy/", body, format="multipart")

    copy = Product.objects.get(slug="raf")
    assert answer["Location"] == f"{PRODUCTS}{copy.pk}/change/"
    assert (copy.name, copy.is_active, f"{copy.price}") == ("Raf", False, "4.10")
    assert (copy.prep_seconds, copy.position) == (90, 3)
    assert copy.translations == {"ru": {"name": "Раф", "description": "Эспрессо и молоко"}}
    assert list(copy.option_groups.all()) == list(latte.option_groups.all())
    assert list(copy.ingredients.all()) == list(latte.ingredients.all())
    assert not copy.image


def test_slug_of_a_copy_is_made_of_its_name(office, latte):
    office.post(f"{PRODUCTS}{latte.pk}/copy/", {"name": "Latte"}, format="multipart")

    assert Product.objects.get(slug="latte-2").translations == {}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "slug": "x"}, "name"),
        ({"name": "X", "slug": "latte"}, "slug"),
        ({"name": "X", "slug": "a b"}, "slug"),
        ({"name": "X", "name_ru": "я" * 121}, "name_ru"),
        ({"name": "\u202eX"}, "name"),
    ],
)
def test_copy_is_refused_when_its_name_is_invalid(office, latte, body, field):
    answer = office.post(f"{PRODUCTS}{latte.pk}/copy/", body, format="multipart")

    assert list(answer.context["form"].errors) == [field]
    assert Product.objects.count() == 1


def test_copied_branch_sells_the_same_at_the_same_hours(office, branch, latte):
    today = timezone.now().date()
    old = BranchFactory(name="Old", timezone="Asia/Tokyo", language="ru", address="Ginza 1", baristas=4)
    Branch.objects.filter(pk=old.pk).update(translations={"ru": {"name": "Старая", "address": "Гиндза, 1"}})
    BranchHoursFactory(branch=old, weekday=0, opens="08:00", closes="18:00")
    BranchSpecialDayFactory(branch=old, date=today - timedelta(days=9))
    BranchSpecialDayFactory(branch=old, date=today + timedelta(days=9))
    BranchStaffFactory(branch=old)
    BranchProductFactory(branch=old, product=latte, price="5.00", stock=7)
    BranchProductFactory(branch=old, is_listed=False)

    office.post(f"{BRANCHES}{old.pk}/copy/", {"name": "New", "name_ru": "Новая"}, format="multipart")

    new = Branch.objects.get(slug="new")
    assert (new.timezone, new.language, new.address, new.baristas) == ("Asia/Tokyo", "ru", "", 1)
    assert new.translations == {"ru": {"name": "Новая"}}
    assert (new.is_active, new.is_default, new.staff.exists()) == (False, False, False)
    assert [str(hours) for hours in new.hours.all()] == ["Monday 08:00–18:00"]
    assert [day.date for day in new.special_days.all()] == [today + timedelta(days=9)]
    rows = BranchProduct.objects.filter(branch=new).order_by("pk").values_list("is_listed", "price", "stock")
    assert list(rows) == [(True, 5, 0), (False, None, None)]
    assert not StockMovement.objects.filter(branch_product__branch=new).exists()


def test_slug_of_a_branch_may_not_be_a_route(office, branch):
    answer = office.post(f"{BRANCHES}{branch.pk}/copy/", {"name": "New", "slug": "mine"}, format="multipart")

    assert list(answer.context["form"].errors) == ["slug"]


@pytest.mark.parametrize("url", [PRODUCTS, BRANCHES])
def test_copying_is_offered_on_page_and_in_list(office, latte, branch, url):
    row = latte if url == PRODUCTS else branch
    body = {"action": "copy_chosen", "_selected_action": [row.pk]}

    chosen = office.post(url, body, format="multipart")

    assert chosen["Location"] == f"{url}{row.pk}/copy/"
    assert 'href="../copy/"' in office.get(f"{url}{row.pk}/change/").content.decode()
    assert office.get(f"{url}{row.pk}/copy/").status_code == 200
    assert office.get(f"{url}9999/copy/").status_code == 404


def test_two_chosen_are_not_copied_at_once(office, latte):
    body = {"action": "copy_chosen", "_selected_action": [latte.pk, ProductFactory().pk]}

    answer = office.post(PRODUCTS, body, format="multipart", follow=True)

    assert "Choose one to copy." in answer.content.decode()
