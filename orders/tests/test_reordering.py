import pytest

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.models import Order
from products.models import Option, Product
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(client, user, branch) -> Order:
    """Two lattes with oat milk and a croissant."""
    latte, group = ProductFactory(name="Latte", price="4.00"), OptionGroupFactory()
    latte.option_groups.add(group)
    oat = OptionFactory(name="Oat", group=group, price_delta="0.50")
    CartItemFactory(user=user, product=latte, quantity=2, options=[oat.pk])
    CartItemFactory(user=user, product__name="Croissant", product__price="3.00")
    return Order.objects.get(pk=client.post("/api/orders/", {}).json()["id"])


def reorder(client, order, **body):
    return client.post(f"/api/orders/{order.pk}/reorder/", body)


def lines(answer) -> list[tuple]:
    return [(item["product_name"], item["quantity"], len(item["options"])) for item in answer.json()["items"]]


def test_lines_are_in_the_cart_again(client, order):
    response = reorder(client, order)

    assert response.status_code == 200
    assert lines(response) == [("Latte", 2, 1), ("Croissant", 1, 0)]
    assert (response.json()["total_price"], response.json()["skipped"]) == ("12.00", [])
    assert client.get("/api/cart/").json() == {
        name: value for name, value in response.json().items() if name != "skipped"
    }


def test_lines_are_added_to_what_is_there(client, user, order):
    CartItemFactory(user=user, product__name="Tea")
    reorder(client, order)

    response = reorder(client, order)

    assert lines(response) == [("Tea", 1, 0), ("Latte", 4, 1), ("Croissant", 2, 0)]


def test_repetition_with_its_key_adds_once(client, order):
    answers = [client.post(f"/api/orders/{order.pk}/reorder/", {}, HTTP_IDEMPOTENCY_KEY="tap") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert sum(CartItem.objects.values_list("quantity", flat=True)) == 3


def test_gone_products_are_named_and_the_rest_is_there(client, order):
    Option.objects.all().delete()
    Product.objects.filter(name="Croissant").delete()

    response = reorder(client, order)

    assert response.json()["skipped"] == [
        {"product_name": "Latte", "code": "option_unavailable"},
        {"product_name": "Croissant", "code": "product_unavailable"},
    ]
    assert response.json()["items"] == []


def test_sold_out_products_are_a_problem_of_the_branch(client, order, branch):
    other = BranchFactory(slug="other")
    BranchProductFactory(branch=other, product=Product.objects.get(name="Latte"), is_listed=False)

    response = reorder(client, order, branch="other")

    assert (response.json()["branch"], response.json()["skipped"]) == ("other", [])
    assert [problem["code"] for problem in response.json()["problems"]] == ["product_unavailable"]


def test_what_does_not_fit_is_named(client, user, order):
    CartItemFactory(user=user, product=Product.objects.get(name="Croissant"), quantity=99)
    for product in ProductFactory.create_batch(49):
        CartItemFactory(user=user, product=product)

    response = reorder(client, order)

    assert response.json()["skipped"] == [
        {"product_name": "Latte", "code": "cart_full"},
        {"product_name": "Croissant", "code": "too_many"},
    ]


def test_old_order_without_option_ids_is_not_served_less(client, order):
    order.items.filter(product_name="Latte").update(options=[{"name": "Oat", "price_delta": "0.50"}])

    response = reorder(client, order)

    assert response.json()["skipped"] == [{"product_name": "Latte", "code": "option_unavailable"}]


@pytest.mark.parametrize(
    ("body", "field"), [({"branch": "nowhere"}, "branch"), ({"branch": 1}, "branch"), ({"branch": None}, "branch")]
)
def test_branch_that_is_none_is_400(client, order, body, field):
    response = reorder(client, order, **body)

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not CartItem.objects.exists()


def test_strangers_order_is_404(order):
    assert reorder(client_of(UserFactory()), order).status_code == 404


@pytest.mark.parametrize("number", [1, 8])
def test_reordering_takes_as_many_queries_whatever_is_in_it(client, user, branch, django_assert_num_queries, number):
    for _ in range(number):
        CartItemFactory(user=user)
    placed = client.post("/api/orders/", {}).json()["id"]

    # savepoint; user, where they work, branch, order, items, events, movers; lock, products, cart, added items; as the
    # cart is read: its items, offers, hours, the bar's work
    with django_assert_num_queries(2 + 7 + 4 + 4):
        assert len(client.post(f"/api/orders/{placed}/reorder/", {}).json()["items"]) == number
