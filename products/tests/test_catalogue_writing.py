import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import client_of
from products.models import Category, Product
from products.tests.factories import (
    BranchProductFactory,
    CategoryFactory,
    OptionGroupFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


def body_of(category: Category, /, **changes) -> dict:
    return {"name": "Латте", "price": "4.50", "category": category.pk, **changes}


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("put", "{pk}/"), ("patch", "{pk}/"), ("delete", "{pk}/")])
@pytest.mark.parametrize("collection", ["products", "categories"])
def test_catalogue_is_written_by_administrators_only(anonymous, client, branch, collection, method, path):
    product = ProductFactory(name="Latte")
    pk = product.pk if collection == "products" else product.category.pk
    url = f"/api/{collection}/{path.format(pk=pk)}"

    answers = [getattr(writer, method)(url, {"name": "Hacked"}) for writer in (anonymous, client)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (401, "not_authenticated"),
        (403, "permission_denied"),
    ]
    assert (Product.objects.get().name, Category.objects.count()) == ("Latte", 1)


def without_translations(product: dict) -> dict:
    """What everybody sees of what an administrator does."""
    return json.loads(json.dumps(product), object_hook=lambda row: {k: row[k] for k in row.keys() - {"translations"}})


def test_administrator_creates_a_product_that_everybody_sees_next(admin_client, anonymous, branch):
    group = OptionGroupFactory()
    body = body_of(CategoryFactory(name="Кофе"), option_groups=[group.pk], image="x", is_available=False)

    created = admin_client.post("/api/products/", body)

    assert created.status_code == 201
    assert without_translations(created.json()) == anonymous.get(f"/api/products/{created.json()['id']}/").json()
    assert created.json()["price"] == "4.50"
    assert [group["id"] for group in created.json()["option_groups_detail"]] == [group.pk]


def test_administrator_changes_only_what_is_sent(admin_client, branch):
    product = ProductFactory(name="Latte", price="4.00")
    product.option_groups.add(OptionGroupFactory())

    changed = admin_client.patch(f"/api/products/{product.pk}/", {"price": "4.20"})
    repeated = admin_client.patch(f"/api/products/{product.pk}/", {"price": "4.20"})

    assert (changed.status_code, repeated.status_code) == (200, 200)
    assert (changed.json()["name"], changed.json()["price"]) == ("Latte", "4.20")
    assert len(changed.json()["option_groups"]) == 1


def test_general_price_is_written_and_branch_price_shown(admin_client, branch):
    product = ProductFactory(price="4.00")
    BranchProductFactory(branch=branch, product=product, price="9.00")

    response = admin_client.patch(f"/api/products/{product.pk}/", {"price": "5.00"})

    product.refresh_from_db()
    assert (response.json()["price"], str(product.price)) == ("9.00", "5.00")


def test_administrator_brings_a_hidden_product_back(admin_client, branch):
    hidden = ProductFactory(is_active=False)

    response = admin_client.patch(f"/api/products/{hidden.pk}/", {"is_active": True})

    assert (response.status_code, response.json()["is_active"]) == (200, True)


def test_product_is_not_written_when_the_branch_is_unknown(admin_client, branch):
    response = admin_client.post("/api/products/?branch=nowhere", body_of(CategoryFactory()))

    assert (response.status_code, Product.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    "price",
    [
        "-0.01", "NaN", "Infinity", "1e999", "1e2", "1E1", "٤.٥٠", "4.5٠", "1_0", " 4.50", "4.50\n", "+4.50", "4,50",
        ".5", "4.", "4.505", "123456789.00", "", "free", 4.5, 4, True, None, [], {}, ["4.50"], "4.50\x00",
    ],
)  # fmt: skip
def test_price_is_400_when_it_is_no_plain_amount(admin_client, branch, price):
    response = admin_client.post("/api/products/", body_of(CategoryFactory(), price=price))

    assert (response.status_code, list(response.json())) == (400, ["price"])


@pytest.mark.parametrize("price", ["0", "0.00", "-0", "4", "4.5", "99999999.99"])
def test_price_is_taken_when_it_is_a_plain_amount(admin_client, branch, price):
    response = admin_client.post("/api/products/", body_of(CategoryFactory(), price=price))

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", None), ("category", 0), ("category", -1), ("category", 2**63 - 1), ("category", 2**63),
        ("category", 10**40), ("category", "1"), ("category", True), ("category", 1.0), ("category", []),
        ("category", {}), ("option_groups", [0]), ("option_groups", ["1"]), ("option_groups", [2**64]),
        ("option_groups", 1), ("option_groups", "1"), ("option_groups", None), ("option_groups", [None]),
        ("name", ""), ("name", "   "), ("name", None), ("name", "x" * 121), ("name", "a\x00b"), ("name", True),
        ("name", []), ("name", {}), ("description", "x" * 2001), ("slug", "с пробелом"), ("slug", "x" * 81),
        ("is_active", "maybe"), ("is_active", None), ("is_active", []), ("is_active", {}), ("is_active", 2),
    ],
)  # fmt: skip
def test_product_names_the_field_that_makes_no_sense(admin_client, branch, field, value):
    response = admin_client.post("/api/products/", body_of(CategoryFactory(), **{field: value}))

    assert (response.status_code, list(response.json())) == (400, [field])


@pytest.mark.parametrize(
    "body",
    [
        '{"price": NaN}', '{"price": 1e999}', '{"category": 1e999}', '{"name": "\\ud800"}', "{", "", "null", "[]",
        '"x"', "[" * 100_000, '{"category": ' + "9" * 5000 + "}", "\ufeff{}",
    ],
)  # fmt: skip
def test_body_is_400_when_it_is_no_product(admin_client, branch, body):
    response = admin_client.generic("POST", "/api/products/", body, content_type="application/json")

    assert response.status_code == 400


@pytest.mark.parametrize("position", [-1, 1.5, "1", True, None, 2**63])
def test_category_position_is_400_when_no_small_number(admin_client, position):
    response = admin_client.post("/api/categories/", {"name": "Cakes", "position": position})

    assert (response.status_code, list(response.json())) == (400, ["position"])


def test_slug_is_400_when_another_product_has_it(admin_client, branch):
    ProductFactory(slug="latte")

    response = admin_client.post("/api/products/", body_of(CategoryFactory(), slug="latte"))

    assert (response.status_code, list(response.json())) == (400, ["slug"])


def test_category_is_deleted_when_nothing_is_in_it(admin_client):
    category = CategoryFactory()

    response = admin_client.delete(f"/api/categories/{category.pk}/")

    assert (response.status_code, Category.objects.count()) == (204, 0)


def test_category_is_in_use_when_its_product_is_hidden(admin_client):
    product = ProductFactory(is_active=False)

    response = admin_client.delete(f"/api/categories/{product.category.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, "in_use")
    assert Category.objects.count() == 1


def test_product_is_deleted_once(admin_client, branch):
    product = ProductFactory()

    answers = [admin_client.delete(f"/api/products/{product.pk}/").status_code for _ in range(2)]

    assert answers == [204, 404]


@pytest.mark.parametrize("url", ["/api/products/", "/api/categories/"])
def test_collection_answers_405_to_methods_it_does_not_have(admin_client, branch, url):
    answers = [admin_client.put(url, {}), admin_client.delete(url)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(405, "method_not_allowed")] * 2


@pytest.mark.parametrize("url", ["/api/products/", "/api/categories/", "/api/cart/", "/api/orders/"])
def test_options_request_describes_a_route_to_its_users(admin_client, user, branch, url):
    answers = [admin_client.options(url), client_of(user).options(url)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_changing_one_field_keeps_parallel_changes_of_others(admin_client, branch):
    product = ProductFactory(price="4.00")
    old_time = product.updated_at

    with CaptureQueriesContext(connection) as queries:
        admin_client.patch(f"/api/products/{product.pk}/", {"name": "Renamed"})

    (update,) = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    product.refresh_from_db()
    assert '"price"' not in update
    assert (product.name, product.updated_at > old_time) == ("Renamed", True)


def test_option_groups_are_refused_unread_when_too_many(admin_client, django_assert_max_num_queries):
    product, group = ProductFactory(), OptionGroupFactory()

    with django_assert_max_num_queries(10):
        response = admin_client.patch(f"/api/products/{product.pk}/", {"option_groups": [group.pk] * 1000})

    assert response.status_code == 400
    assert len(response.json()["option_groups"]) == 1


@pytest.mark.parametrize("name", ["\u200b", "\u2800", "\u3164"])
@pytest.mark.parametrize("collection", ["products", "categories", "options", "branches"])
def test_name_that_nobody_can_see_is_refused(admin_client, collection, name):
    bodies = {
        "products": body_of(CategoryFactory(), name=name),
        "categories": {"name": name},
        "options": {"name": "Milk", "options": [{"name": name}]},
        "branches": {"name": name},
    }
    path = {"options": "option-groups"}.get(collection, collection)

    answer = admin_client.post(f"/api/{path}/", bodies[collection])

    assert answer.status_code == 400
    assert "name" in (answer.json() if collection != "options" else answer.json()["options"]["0"])
