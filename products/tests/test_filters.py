import pytest

from products.tests.factories import BranchProductFactory, CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [product["name"] for product in response.json()["results"]]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [("price,name", "BDAC"), ("price,-name", "DBCA"), ("-price,name", "ACBD"), ("price", "DBAC")],
)
def test_every_name_of_an_ordering_counts(anonymous, branch, ordering, expected):
    for name, price in (("D", "2.00"), ("A", "3.00"), ("C", "3.00"), ("B", "9.00")):
        product = ProductFactory(name=name, price=price)
    BranchProductFactory(branch=branch, product=product, price="2.00")

    response = anonymous.get(f"/api/products/?ordering={ordering}")

    assert "".join(names(response)) == expected


@pytest.mark.parametrize(("words", "status"), [(10, 200), (11, 400)])
def test_search_is_refused_when_its_words_are_too_many(anonymous, branch, words, status):
    ProductFactory(name="Flat white")

    response = anonymous.get("/api/products/", {"search": "a " * words})

    assert response.status_code == status
    assert status == 200 or list(response.json()) == ["search"]


def test_digits_are_a_categorys_id_and_no_slug(anonymous, branch):
    by_id = ProductFactory(category=CategoryFactory())
    ProductFactory(category=CategoryFactory(slug=str(by_id.category.pk)))

    response = anonymous.get(f"/api/products/?category={by_id.category.pk}")

    assert names(response) == [by_id.name]
