import pytest

from cart.models import MAX_FAVOURITES, CartItem, Favourite
from cart.tests.factories import CartItemFactory
from conftest import client_of
from products.models import Option, Product
from products.tests.factories import OptionFactory, OptionGroupFactory, ProductFactory

pytestmark = pytest.mark.django_db
URL = "/api/favourites/"


@pytest.fixture
def latte(branch) -> tuple[Product, Option]:
    product, group = ProductFactory(name="Latte"), OptionGroupFactory()
    product.option_groups.add(group)
    return product, OptionFactory(group=group)


def keep(client, latte, **body):
    product, oat = latte
    return client.post(URL, {"product": product.pk, "options": [oat.pk], **body})


def test_favourite_is_kept_changed_and_forgotten(client, latte):
    product, oat = latte

    kept = keep(client, latte, name="My morning")
    url = f"{URL}{kept.json()['id']}/"
    changed = client.patch(url, {"options": [], "name": "My evening"})
    listed = client.get(URL).json()
    gone = [client.delete(url).status_code for _ in range(2)]

    assert kept.status_code == 201
    assert kept.json() | {"id": 0} == {"id": 0, "name": "My morning", "product": product.pk, "options": [oat.pk]}
    assert changed.json() == {**kept.json(), "name": "My evening", "options": []}
    assert listed == {"count": 1, "next": None, "previous": None, "results": [changed.json()]}
    assert gone == [204, 404]


def test_favourite_without_a_name_has_the_products(client, latte):
    assert keep(client, latte).json()["name"] == "Latte"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", 0), ("product", "1"), ("product", None), ("product", 2**63 - 1), ("options", [2**63 - 1]),
        ("options", [0]), ("options", None), ("options", [1, 1]), ("name", ""), ("name", 1), ("name", "x" * 121),
        ("name", None), ("name", "a\0"),
    ],
)  # fmt: skip
def test_nonsense_is_named_by_its_field(client, latte, field, value):
    response = keep(client, latte, **{field: value})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not Favourite.objects.exists()


def test_there_are_at_most_50(client, user, latte):
    Favourite.objects.bulk_create(Favourite(user=user, product=latte[0], name="F") for _ in range(MAX_FAVOURITES))

    response = keep(client, latte)

    assert (response.status_code, response.json()["code"]) == (409, "favourites_full")


def test_favourites_are_ones_own(client, latte):
    strange = keep(client_of(CartItemFactory().user), latte).json()["id"]

    answers = [
        client.get(f"{URL}{strange}/"),
        client.patch(f"{URL}{strange}/", {"name": "Mine"}),
        client.delete(f"{URL}{strange}/"),
        client.post(f"{URL}{strange}/order/"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert client.get(URL).json()["results"] == []


def test_favourite_goes_into_the_cart_and_adds_up(client, latte):
    pk = keep(client, latte).json()["id"]

    answers = [client.post(f"{URL}{pk}/order/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert (answers[1].json()["quantity"], [option["id"] for option in answers[1].json()["options"]]) == (
        2,
        [latte[1].pk],
    )


@pytest.mark.parametrize("gone", ["product", "option"])
def test_favourite_is_409_when_it_left_the_menu(client, latte, gone):
    pk = keep(client, latte).json()["id"]
    if gone == "product":
        Product.objects.update(is_active=False)
    else:
        latte[1].delete()

    response = client.post(f"{URL}{pk}/order/")

    assert (response.status_code, response.json()["code"]) == (409, f"{gone}_unavailable")
    assert not CartItem.objects.exists()
