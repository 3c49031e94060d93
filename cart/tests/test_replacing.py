import pytest
from django.db import connection

from cart.models import CartItem
from cart.tests.factories import CartItemFactory
from conftest import client_of
from products.models import Product
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from rest.tests.races import in_parallel

pytestmark = pytest.mark.django_db


def product_with_options(number: int = 2) -> tuple[Product, list[int]]:
    product, group = ProductFactory(), OptionGroupFactory(max_choices=number)
    product.option_groups.add(group)
    return product, [option.pk for option in OptionFactory.create_batch(number, group=group)]


def put(client, *items: dict, url: str = "/api/cart/"):
    return client.put(url, {"items": list(items)})


def held() -> list[tuple[int, int]]:
    return list(CartItem.objects.values_list("product", "quantity"))


def test_cart_is_exactly_what_was_sent_in_its_order(client, user, branch):
    kept, gone = CartItemFactory(user=user, quantity=4), CartItemFactory(user=user)
    strange = CartItemFactory()
    latte, options = product_with_options()

    response = put(
        client,
        {"product": latte.pk, "quantity": 2, "options": options},
        {"product": kept.product_id},
    )

    assert response.status_code == 200
    assert response.json() == client.get("/api/cart/").json()
    items = [(item["product"], item["quantity"], len(item["options"])) for item in response.json()["items"]]
    assert items == [(latte.pk, 2, 2), (kept.product_id, 1, 0)]
    assert not CartItem.objects.filter(pk=gone.pk).exists()
    assert CartItem.objects.filter(pk=strange.pk).exists()


def test_repetition_changes_nothing_and_lines_keep_their_ids(client, user, branch):
    item = CartItemFactory(user=user, quantity=3)

    answers = [put(client, {"product": item.product_id, "quantity": 3}).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert answers[0]["items"][0]["id"] == item.pk


def test_what_is_added_later_comes_last(client, user, branch):
    first, second, third = ProductFactory.create_batch(3)
    put(client, {"product": second.pk}, {"product": first.pk})

    client.post("/api/cart/", {"product": third.pk})

    items = client.get("/api/cart/").json()["items"]
    assert [item["product"] for item in items] == [second.pk, first.pk, third.pk]


def test_equal_configurations_become_one_line(client, branch):
    latte, options = product_with_options()

    response = put(
        client,
        {"product": latte.pk, "quantity": 2, "options": options},
        {"product": latte.pk, "quantity": 3, "options": options[::-1]},
        {"product": latte.pk},
    )

    assert [item["quantity"] for item in response.json()["items"]] == [5, 1]


def test_empty_list_empties_the_cart(client, user, branch):
    CartItemFactory(user=user)

    response = put(client)

    assert (response.status_code, response.json()["items"]) == (200, [])
    assert not CartItem.objects.exists()


def test_replaced_cart_is_shown_at_the_branch_asked_for(client, branch):
    product = ProductFactory()
    BranchProductFactory(branch=BranchFactory(slug="brooklyn"), product=product, price="9.00", stock=1)

    response = put(client, {"product": product.pk, "quantity": 2}, url="/api/cart/?branch=brooklyn")

    assert (response.json()["branch"], response.json()["total_price"]) == ("brooklyn", "18.00")
    assert [problem["code"] for problem in response.json()["problems"]] == ["insufficient_stock"]


def test_cart_may_lack_choices_and_its_problems_are_told(client, branch):
    product, _options = product_with_options()
    product.option_groups.update(min_choices=1)

    response = put(client, {"product": product.pk})

    assert [problem["code"] for problem in response.json()["items"][0]["problems"]] == ["too_few_choices"]


@pytest.mark.parametrize(("number", "status"), [(50, 200), (51, 409)])
def test_cart_holds_at_most_50_lines(client, user, branch, number, status):
    item = CartItemFactory(user=user)

    response = put(client, *({"product": product.pk} for product in ProductFactory.create_batch(number)))

    assert response.status_code == status
    if status == 409:
        assert response.json()["code"] == "cart_full"
        assert held() == [(item.product_id, 1)]


def test_a_hundred_of_one_are_refused_also_by_merging(client, user, branch):
    item = CartItemFactory(user=user)
    product = ProductFactory()

    response = put(client, *({"product": product.pk, "quantity": number} for number in (60, 40)))

    assert (response.status_code, list(response.json()["items"])) == (400, ["1"])
    assert list(response.json()["items"]["1"]) == ["quantity"]
    assert held() == [(item.product_id, 1)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", None), ("product", 0), ("product", 2**63 - 1), ("product", "1"), ("product", True),
        ("quantity", 0), ("quantity", 100), ("quantity", "1"), ("quantity", 1.0), ("quantity", None),
        ("options", None), ("options", [0]), ("options", [2**63 - 1]), ("options", ["x"] * 1000), ("options", [1, 1]),
    ],
)  # fmt: skip
def test_error_names_the_item_and_changes_nothing(client, user, branch, field, value):
    item = CartItemFactory(user=user)
    product = ProductFactory()

    response = put(client, {"product": product.pk}, {"product": product.pk, field: value})

    assert (response.status_code, list(response.json()["items"])) == (400, ["1"])
    assert list(response.json()["items"]["1"]) == [field]
    assert held() == [(item.product_id, 1)]


@pytest.mark.parametrize("hidden", ["inactive", "another's option"])
def test_item_is_refused_for_what_adding_refuses(client, branch, hidden):
    product, _own = product_with_options()
    _product, strange = product_with_options()
    if hidden == "inactive":
        Product.objects.filter(pk=product.pk).update(is_active=False)

    response = put(client, {"product": product.pk, "options": [] if hidden == "inactive" else strange[:1]})

    assert (response.status_code, list(response.json()["items"]["0"])) == (
        400,
        ["product" if hidden == "inactive" else "options"],
    )


@pytest.mark.parametrize(
    "body", [None, [], {}, {"items": None}, {"items": {}}, {"items": "x"}, {"items": [1]}, {"items": [{}] * 501}]
)
def test_body_that_is_no_list_of_items_is_400(client, user, branch, body):
    CartItemFactory(user=user)

    response = client.put("/api/cart/", body)

    assert response.status_code == 400
    assert len(response.content) < 1000  # not a text for each of too many
    assert CartItem.objects.count() == 1


def test_cart_stays_when_the_branch_asked_for_is_unknown(client, user, branch):
    CartItemFactory(user=user)

    response = put(client, url="/api/cart/?branch=nowhere")

    assert (response.status_code, list(response.json())) == (400, ["branch"])
    assert CartItem.objects.count() == 1


@pytest.mark.parametrize("number", [1, 20])
def test_replacing_takes_eight_queries_whatever_is_in_it(client, user, branch, django_assert_num_queries, number):
    CartItemFactory(user=user)
    made = [product_with_options() for _ in range(number)]

    # savepoint; user, branch, products with options, lock, items, offers, hours, open work; SQLite deletes by itself
    with django_assert_num_queries(2 + 8 + (connection.vendor != "postgresql")):
        response = put(client, *({"product": product.pk, "options": options} for product, options in made))

    assert len(response.json()["items"]) == number


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for")
@pytest.mark.django_db(transaction=True)
def test_parallel_replacements_leave_one_of_them_whole(user, branch):
    carts = [ProductFactory.create_batch(3) for _ in range(8)]
    clients = [client_of(user) for _ in carts]

    answers = in_parallel(
        [
            lambda client=client, cart=cart: put(client, *({"product": product.pk} for product in cart))
            for client, cart in zip(clients, carts, strict=True)
        ]
    )

    assert [answer.status_code for answer in answers] == [200] * 8
    assert {product for product, _quantity in held()} in [{product.pk for product in cart} for cart in carts]
