import pytest

from products.models import Category, Product
from products.tests.factories import BranchFactory, CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Flat white", "flat-white"),
        ("Раф лавандовый", "raf-lavandovyi"),
        ("Щи & ёж", "shchi-ezh"),
        ("Café crème", "cafe-creme"),
        ("100%", "100"),
        ("☕", "product"),
        ("---", "product"),
    ],
)
def test_slug_is_made_from_the_name_when_omitted(name, slug):
    product = ProductFactory(name=name)

    assert product.slug == slug


def test_given_slug_is_kept_when_the_name_changes():
    product = ProductFactory(name="Latte", slug="our-latte")

    product.name = "Latte macchiato"
    product.save()

    assert Product.objects.get().slug == "our-latte"


def test_slugs_are_numbered_when_names_repeat():
    products = [ProductFactory(name="Латте") for _ in range(3)]

    assert [product.slug for product in products] == ["latte", "latte-2", "latte-3"]


def test_slug_fills_a_gap_and_ignores_longer_ones():
    for slug in ["latte", "latte-3", "latte-macchiato"]:
        ProductFactory(slug=slug)

    assert ProductFactory(name="Latte").slug == "latte-2"


def test_slugs_fit_their_column_when_names_are_long():
    products = [ProductFactory(name="щ" * 120) for _ in range(2)]

    assert [len(product.slug) <= 80 for product in products] == [True, True]
    assert products[0].slug != products[1].slug


def test_slug_is_unique_within_its_own_kind_only():
    rows = [CategoryFactory(name="Cakes"), ProductFactory(name="Cakes"), BranchFactory(name="Cakes")]

    assert [row.slug for row in rows] == ["cakes"] * 3


@pytest.mark.parametrize("slug", [{}, {"slug": ""}])
def test_slug_is_made_over_the_api_too(admin_client, slug):
    CategoryFactory(name="Чай")

    response = admin_client.post("/api/categories/", {"name": "Чай", **slug})

    assert (response.status_code, response.json()["slug"]) == (201, "chai-2")
    assert Category.objects.count() == 2
