from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cart.models import MAX_ITEMS, CartItem
from cart.serializers import CartSerializer, ChosenOptionSerializer, LineSerializer
from cart.tests.factories import CartItemFactory
from products.models import Option, Product
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    BranchSpecialDayFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


def product_with_options(number: int = 2) -> tuple[Product, list[int]]:
    product, group = ProductFactory(), OptionGroupFactory(max_choices=number)
    product.option_groups.add(group)
    return product, [option.pk for option in OptionFactory.create_batch(number, group=group)]


# --- Looking --------------------------------------------------------------------------------------------------------


def test_cart_has_the_fields_of_its_document(client, user, branch):
    product, options = product_with_options(1)
    CartItemFactory(user=user, product=product, options=options)

    cart = client.get("/api/cart/").json()

    assert list(cart) == list(CartSerializer().fields)
    assert list(cart["items"][0]) == list(LineSerializer().fields)
    assert list(cart["items"][0]["options"][0]) == list(ChosenOptionSerializer().fields)


def test_cart_shows_everything_a_checkout_needs(client, user, branch):
    latte = ProductFactory(name="Латте", price="4.00")
    group = OptionGroupFactory()
    latte.option_groups.add(group)
    oat = OptionFactory(group=group, name="Овсяное", price_delta="0.70")
    item = CartItemFactory(user=user, product=latte, quantity=2, options=[oat.pk])

    response = client.get("/api/cart/")

    cart = response.json()
    assert response.status_code == 200
    assert datetime.fromisoformat(cart["ready_at"]) > timezone.now()
    assert cart == {
        "branch": "main",
        "currency": "USD",
        "items": [
            {
                "id": item.pk,
                "product": latte.pk,
                "product_name": "Латте",
                "image": None,
                "options": [{"id": oat.pk, "name": "Овсяное", "price_delta": "0.70"}],
                "quantity": 2,
                "unit_price": "4.70",
                "subtotal": "9.40",
                "problems": [],
            }
        ],
        "promo_code": "",
        "use_reward": False,
        "total_quantity": 2,
        "subtotal_price": "9.40",
        "discounts": [],
        "total_price": "9.40",
        "ready_at": cart["ready_at"],
        "is_orderable": True,
        "problems": [],
    }


def test_empty_cart_costs_nothing_and_cannot_be_ordered(client, branch):
    response = client.get("/api/cart/")

    assert (response.json()["total_price"], response.json()["is_orderable"]) == ("0.00", False)


def test_cart_is_priced_at_the_branch_asked_for(client, user, branch):
    latte = CartItemFactory(user=user).product
    BranchProductFactory(branch=BranchFactory(slug="brooklyn"), product=latte, price="9.00")

    there = client.get("/api/cart/?branch=brooklyn").json()
    here = client.get("/api/cart/").json()

    assert (there["branch"], there["total_price"]) == ("brooklyn", "9.00")
    assert (here["branch"], here["total_price"]) == ("main", "4.50")


def test_cart_has_no_branch_when_none_is_default(client, user, branch):
    CartItemFactory(user=user)
    branch.delete()

    response = client.get("/api/cart/")

    assert (response.json()["branch"], response.json()["is_orderable"]) == (None, False)


def test_problems_stand_at_the_item_and_at_the_cart(client, user, branch):
    item = CartItemFactory(user=user, quantity=2)
    BranchProductFactory(branch=branch, product=item.product, stock=1)
    for number in (-1, 0):
        BranchSpecialDayFactory(branch=branch, date=timezone.now().date() + timedelta(days=number))

    cart = client.get("/api/cart/").json()

    closed, short = cart["problems"]
    assert (closed["code"], closed["item"]) == ("branch_closed", None)
    assert closed["opens_at"].endswith("T00:00:00Z")
    assert (short["code"], short["item"], short["available"]) == ("insufficient_stock", item.pk, 1)
    assert cart["items"][0]["problems"] == [short]


@pytest.mark.parametrize("number", [1, 10])
def test_cart_takes_six_queries_whatever_its_length(client, user, branch, django_assert_num_queries, number):
    for _ in range(number):
        product, options = product_with_options()
        CartItemFactory(user=user, product=product, options=options)

    with django_assert_num_queries(6):  # user, branch, items with products and options, offers, hours, open work
        response = client.get("/api/cart/")

    assert len(response.json()["items"]) == number


@pytest.mark.parametrize(
    ("method", "url"), [("get", ""), ("post", ""), ("put", ""), ("delete", ""), ("patch", "1/"), ("delete", "1/")]
)
def test_cart_needs_a_token(anonymous, branch, method, url):
    response = getattr(anonymous, method)(f"/api/cart/{url}")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


# --- Adding ---------------------------------------------------------------------------------------------------------


def test_adding_makes_a_line_of_one_by_default(client, branch):
    product = ProductFactory()

    response = client.post("/api/cart/", {"product": product.pk})

    assert response.status_code == 201
    assert (response.json()["product"], response.json()["quantity"]) == (product.pk, 1)
    assert response.json()["id"] == CartItem.objects.get().pk


def test_adding_again_raises_quantity_whatever_the_order_of_options(client, branch):
    product, options = product_with_options()

    first = client.post("/api/cart/", {"product": product.pk, "options": options, "quantity": 2})
    second = client.post("/api/cart/", {"product": product.pk, "options": options[::-1], "quantity": 3})

    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["quantity"]) == (first.json()["id"], 5)


def test_adding_makes_another_line_when_the_options_differ(client, branch):
    product, options = product_with_options()

    answers = [client.post("/api/cart/", {"product": product.pk, "options": chosen}) for chosen in ([], options)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert CartItem.objects.count() == 2


def test_cart_is_filled_step_by_step_without_required_choices(client, branch):
    product, _options = product_with_options()
    product.option_groups.update(min_choices=1)

    response = client.post("/api/cart/", {"product": product.pk})

    assert response.status_code == 201
    assert [problem["code"] for problem in response.json()["problems"]] == ["too_few_choices"]


def test_line_holds_at_most_99(client, branch):
    product = ProductFactory()

    full = client.post("/api/cart/", {"product": product.pk, "quantity": 99})
    more = client.post("/api/cart/", {"product": product.pk})

    assert (full.status_code, more.status_code, list(more.json())) == (201, 400, ["quantity"])
    assert CartItem.objects.get().quantity == 99


def test_full_cart_of_50_lines_still_counts_up(client, user, branch):
    items = [CartItemFactory(user=user, product=product) for product in ProductFactory.create_batch(MAX_ITEMS)]

    new = client.post("/api/cart/", {"product": ProductFactory().pk})
    known = client.post("/api/cart/", {"product": items[0].product_id})

    assert (new.status_code, new.json()["code"]) == (409, "cart_full")
    assert (known.status_code, known.json()["quantity"]) == (200, 2)
    assert CartItem.objects.count() == 50


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", None), ("product", 0), ("product", -1), ("product", 2**63 - 1), ("product", 2**63),
        ("product", "1"), ("product", True), ("product", 1.0), ("product", []), ("product", {}),
        ("quantity", 0), ("quantity", -1), ("quantity", 100), ("quantity", 2**63), ("quantity", 10**40),
        ("quantity", "1"), ("quantity", "1_0"), ("quantity", "١"), ("quantity", 1.5), ("quantity", 1.0),
        ("quantity", True), ("quantity", None), ("quantity", []), ("quantity", {}),
        ("options", None), ("options", 1), ("options", "1"), ("options", {}), ("options", {"0": 1}), ("options", [0]),
        ("options", [-1]), ("options", ["1"]), ("options", [True]), ("options", [1.0]), ("options", [None]),
        ("options", [[]]), ("options", [2**63]), ("options", [2**63 - 1]), ("options", list(range(1, 42))),
    ],
)  # fmt: skip
def test_adding_names_the_field_that_makes_no_sense(client, branch, field, value):
    response = client.post("/api/cart/", {"product": ProductFactory().pk, field: value})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not CartItem.objects.exists()


@pytest.mark.parametrize("body", ["", "null", "[]", '"x"', "1", "{", '{"product": NaN}', '{"product": 1e999}'])
def test_adding_is_400_when_the_body_is_no_item(client, branch, body):
    response = client.generic("POST", "/api/cart/", body, content_type="application/json")

    assert response.status_code == 400


def test_adding_a_form_is_415(client, branch):
    response = client.post("/api/cart/", {"product": 1}, format="multipart")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_product_off_the_menu_cannot_be_added(client, branch):
    hidden = ProductFactory(is_active=False)

    response = client.post("/api/cart/", {"product": hidden.pk})

    assert (response.status_code, list(response.json())) == (400, ["product"])


def test_configurations_are_told_apart_by_ids_not_by_digits(client, branch):
    product, group = ProductFactory(), OptionGroupFactory(max_choices=2)
    product.option_groups.add(group)
    for pk in (1, 11, 12, 112):
        OptionFactory(pk=pk, group=group)

    answers = [client.post("/api/cart/", {"product": product.pk, "options": ids}) for ids in ([1, 112], [11, 12])]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_options_are_400_when_foreign_or_repeated(client, branch):
    product, (own, _other) = product_with_options()
    _product, (strange, _other) = product_with_options()

    answers = [
        client.post("/api/cart/", {"product": product.pk, "options": options})
        for options in ([strange], [own, strange], [own, own])
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    assert all(len(answer.json()["options"]) == 1 for answer in answers)
    assert not CartItem.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "k"}])
def test_nothing_is_added_when_the_branch_is_unknown(client, branch, headers):
    response = client.post("/api/cart/?branch=nowhere", {"product": ProductFactory().pk}, **headers)

    assert (response.status_code, list(response.json())) == (400, ["branch"])
    assert not CartItem.objects.exists()


def test_added_item_is_priced_at_the_branch_asked_for(client, branch):
    product = ProductFactory()
    BranchProductFactory(branch=BranchFactory(slug="brooklyn"), product=product, price="9.00")

    response = client.post("/api/cart/?branch=brooklyn", {"product": product.pk})

    assert response.json()["unit_price"] == "9.00"


def test_option_shows_its_current_name_by_group_and_position(client, user, branch):
    product, group = ProductFactory(), OptionGroupFactory(max_choices=2)
    product.option_groups.add(group)
    last, first = (OptionFactory(group=group, position=position) for position in (2, 1))

    client.post("/api/cart/", {"product": product.pk, "options": [last.pk, first.pk]})
    Option.objects.filter(pk=last.pk).update(name="Renamed")

    (item,) = client.get("/api/cart/").json()["items"]
    assert [option["name"] for option in item["options"]] == [first.name, "Renamed"]


def test_added_item_counts_the_products_other_lines(client, user, branch):
    product, options = product_with_options()
    BranchProductFactory(branch=branch, product=product, stock=5)
    CartItemFactory(user=user, product=product, quantity=3)

    answers = [client.post("/api/cart/", {"product": product.pk, "options": options, "quantity": 2}) for _ in range(2)]

    assert [[problem["code"] for problem in answer.json()["problems"]] for answer in answers] == [
        [],
        ["insufficient_stock"],
    ]


@pytest.mark.parametrize("is_new", [True, False])
def test_adding_takes_five_queries(client, user, branch, django_assert_num_queries, is_new):
    product, options = product_with_options()
    if not is_new:
        CartItemFactory(user=user, product=product, options=options)

    with django_assert_num_queries(2 + 5):  # savepoint; user, branch, product with options, lock, item
        response = client.post("/api/cart/", {"product": product.pk, "options": options})

    assert response.status_code == (201 if is_new else 200)


# --- Adding once ----------------------------------------------------------------------------------------------------


def test_repeated_adding_counts_once_when_it_brings_its_key(client, branch):
    body = {"product": ProductFactory().pk, "quantity": 2}

    first = client.post("/api/cart/", body, HTTP_IDEMPOTENCY_KEY="tap-1")
    again = client.post("/api/cart/", body, HTTP_IDEMPOTENCY_KEY="tap-1")
    other = client.post("/api/cart/", body, HTTP_IDEMPOTENCY_KEY="tap-2")

    assert [answer.status_code for answer in (first, again, other)] == [201, 201, 200]
    assert again.json() == first.json()
    assert (first.has_header("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (False, "true")
    assert CartItem.objects.get().quantity == 4


def test_key_is_422_when_the_body_is_another(client, branch):
    product = ProductFactory()
    client.post("/api/cart/", {"product": product.pk}, HTTP_IDEMPOTENCY_KEY="k")

    response = client.post("/api/cart/", {"product": product.pk, "quantity": 2}, HTTP_IDEMPOTENCY_KEY="k")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert CartItem.objects.get().quantity == 1


def test_key_is_free_again_when_the_adding_was_refused(client, branch):
    refused = client.post("/api/cart/", {"product": 0}, HTTP_IDEMPOTENCY_KEY="k")

    accepted = client.post("/api/cart/", {"product": ProductFactory().pk}, HTTP_IDEMPOTENCY_KEY="k")

    assert (refused.status_code, accepted.status_code) == (400, 201)
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_key_is_400_when_empty_or_too_long(client, branch, key):
    response = client.post("/api/cart/", {"product": ProductFactory().pk}, HTTP_IDEMPOTENCY_KEY=key)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_not_valid")
    assert not CartItem.objects.exists()


# --- Changing -------------------------------------------------------------------------------------------------------


def test_quantity_and_options_change_and_a_repetition_changes_nothing(client, user, branch):
    product, options = product_with_options()
    item = CartItemFactory(user=user, product=product)
    change = {"quantity": 7, "options": options}

    answers = [client.patch(f"/api/cart/{item.pk}/", change) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["quantity"] == 7
    assert [option["id"] for option in answers[0].json()["options"]] == options


def test_options_stay_when_only_the_quantity_is_sent(client, user, branch):
    product, options = product_with_options()
    item = CartItemFactory(user=user, product=product, options=options)

    response = client.patch(f"/api/cart/{item.pk}/", {"quantity": 2})

    assert (response.json()["quantity"], len(response.json()["options"])) == (2, 2)


def test_line_absorbs_the_one_it_becomes_equal_to(client, user, branch):
    product, options = product_with_options()
    plain = CartItemFactory(user=user, product=product, quantity=2)
    CartItemFactory(user=user, product=product, quantity=3, options=options)

    response = client.patch(f"/api/cart/{plain.pk}/", {"options": options})

    assert response.status_code == 200
    assert (response.json()["id"], response.json()["quantity"]) == (plain.pk, 5)
    assert CartItem.objects.count() == 1


def test_lines_stay_two_when_their_sum_is_too_large(client, user, branch):
    product, options = product_with_options()
    plain = CartItemFactory(user=user, product=product, quantity=50)
    CartItemFactory(user=user, product=product, quantity=50, options=options)

    response = client.patch(f"/api/cart/{plain.pk}/", {"options": options})

    assert (response.status_code, list(response.json())) == (400, ["quantity"])
    lines = [(item.quantity, len(item.options)) for item in CartItem.objects.all()]
    assert lines == [(50, 0), (50, 2)]


def test_deleted_option_goes_when_the_customer_chooses_anew(client, user, branch):
    product, (first, second) = product_with_options()
    item = CartItemFactory(user=user, product=product, options=[first, second])
    Option.objects.get(pk=first).delete()

    told = client.get("/api/cart/").json()["items"][0]
    chosen = client.patch(f"/api/cart/{item.pk}/", {"options": [second]}).json()

    assert [option["id"] for option in told["options"]] == [second, None]
    assert told["options"][1]["price_delta"] == "0.00"
    assert [problem["code"] for problem in told["problems"]] == ["option_unavailable"]
    assert ([option["id"] for option in chosen["options"]], chosen["problems"]) == ([second], [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 100}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"quantity": "2"}, "quantity"),
        ({"options": None}, "options"),
        ({"options": [2**63 - 1]}, "options"),
        ({"quantity": 5, "options": [1, 1]}, "options"),
    ],
)
def test_line_is_unchanged_when_the_change_is_invalid(client, user, branch, change, field):
    item = CartItemFactory(user=user, quantity=3)

    response = client.patch(f"/api/cart/{item.pk}/", change)

    item.refresh_from_db()
    assert (response.status_code, list(response.json()), item.quantity) == (400, [field], 3)


def test_line_is_unchanged_when_the_branch_is_unknown(client, user, branch):
    item = CartItemFactory(user=user, quantity=3)

    response = client.patch(f"/api/cart/{item.pk}/?branch=nowhere", {"quantity": 4})

    item.refresh_from_db()
    assert (response.status_code, item.quantity) == (400, 3)


def test_line_is_editable_when_its_product_left_the_menu(client, user, branch):
    item = CartItemFactory(user=user)
    Product.objects.update(is_active=False)

    changed = client.patch(f"/api/cart/{item.pk}/", {"quantity": 2})
    removed = client.delete(f"/api/cart/{item.pk}/")

    assert (changed.status_code, removed.status_code) == (200, 204)


def test_options_of_other_lines_stay_when_one_is_changed(client, user, branch):
    product, (first, second) = product_with_options()
    changed, own = (CartItemFactory(user=user, product=product, options=ids) for ids in ([first], [first, second]))
    strange = CartItemFactory(product=product, options=[first])

    client.patch(f"/api/cart/{changed.pk}/", {"options": [second]})

    for item in (changed, own, strange):
        item.refresh_from_db()
    chosen = [[choice["id"] for choice in item.options] for item in (changed, own, strange)]
    assert chosen == [[second], [first, second], [first]]


# --- Removing -------------------------------------------------------------------------------------------------------


def test_line_is_removed_once_and_the_others_stay(client, user, branch):
    item, other = CartItemFactory(user=user), CartItemFactory(user=user)

    answers = [client.delete(f"/api/cart/{item.pk}/").status_code for _ in range(2)]

    assert answers == [204, 404]
    assert CartItem.objects.get() == other


def test_clearing_empties_the_own_cart_and_is_repeatable(client, user, branch):
    CartItemFactory(user=user)
    strange = CartItemFactory()

    answers = [client.delete("/api/cart/").status_code for _ in range(2)]

    assert answers == [204, 204]
    assert list(CartItem.objects.all()) == [strange]


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_strangers_line_is_404_even_for_an_administrator(client, admin_client, branch, method):
    item = CartItemFactory(quantity=3)

    answers = [getattr(caller, method)(f"/api/cart/{item.pk}/", {"quantity": 1}) for caller in (client, admin_client)]

    item.refresh_from_db()
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 2
    assert item.quantity == 3


@pytest.mark.parametrize("pk", ["0", "-1", "1.5", "1_0", "٣", "abc", "%00", "9" * 18, "9" * 19])
def test_path_id_is_404_when_malformed_or_nobodys(client, branch, pk):
    url = f"/api/cart/{pk}/"

    answers = [client.patch(url, {"quantity": 1}), client.delete(url)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 2


@pytest.mark.parametrize(
    ("method", "url"),
    [("get", "/api/cart/1/"), ("put", "/api/cart/1/")],
)
def test_cart_answers_405_to_methods_it_does_not_have(client, branch, method, url):
    response = getattr(client, method)(url)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_options_beyond_all_measure_are_refused_as_a_whole(client, branch):
    product = ProductFactory()

    response = client.post("/api/cart/", {"product": product.pk, "options": ["x"] * 1000})

    assert response.status_code == 400
    assert len(response.json()["options"]) == 1  # not a text for each of them
