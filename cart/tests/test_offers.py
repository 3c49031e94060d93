from datetime import timedelta

import pytest
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from products.tests.factories import BranchFactory, CategoryFactory
from promotions.services import Cups, complete_order
from promotions.tests.factories import PromoCodeFactory, begin_programme

pytestmark = pytest.mark.django_db
PROMO = "/api/cart/promo/"


def problems(answer) -> list[tuple[str, str]]:
    return [(problem["code"], problem["reason"]) for problem in answer.json()["problems"]]


def earn_rewards(user, number: int = 1, **rule) -> None:
    begin_programme(stamps_needed=1, **rule)
    complete_order(order_id=1_000_000, user_id=user.pk, cups=[Cups(None, number)])


def test_code_lowers_the_total_in_any_case_and_width(client, user, branch):
    PromoCodeFactory(code="Summer")
    CartItemFactory(user=user, product__price="5.00", quantity=2)

    response = client.put(PROMO, {"code": " ｓUMMER "})

    assert response.status_code == 200
    cart = response.json()
    assert (cart["subtotal_price"], cart["total_price"]) == ("10.00", "9.00")
    assert cart["discounts"] == [{"kind": "percent", "code": "Summer", "detail": "10 %", "amount": "1.00"}]
    assert (cart["problems"], cart["is_orderable"]) == ([], True)
    assert client.get("/api/cart/").json() == cart


def test_code_is_removed_and_removing_is_repeatable(client, user, branch):
    CartItemFactory(user=user)
    client.put(PROMO, {"code": PromoCodeFactory().code})

    answers = [client.delete(PROMO).status_code for _ in range(2)]

    assert answers == [204, 204]
    assert client.get("/api/cart/").json()["discounts"] == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_active": False}, "unknown"),
        ({"ends_at": timezone.now() - timedelta(minutes=1)}, "expired"),
        ({"starts_at": timezone.now() + timedelta(hours=1)}, "expired"),
        ({"min_total": "10.00"}, "min_total"),
    ],
)
def test_code_that_does_not_apply_stays_as_a_problem(client, user, branch, values, reason):
    CartItemFactory(user=user, product__price="5.00")

    response = client.put(PROMO, {"code": PromoCodeFactory(**values).code})

    assert (response.status_code, problems(response)) == (200, [("promo_not_applicable", reason)])
    assert response.json()["problems"][0]["item"] is None
    assert (response.json()["total_price"], response.json()["is_orderable"]) == ("5.00", False)
    assert problems(client.get("/api/cart/")) == [("promo_not_applicable", reason)]


def test_code_is_bound_to_its_branches(client, user, branch):
    CartItemFactory(user=user)
    code = PromoCodeFactory(branches=[BranchFactory(slug="brooklyn")])

    here = client.put(PROMO, {"code": code.code})
    there = client.put(f"{PROMO}?branch=brooklyn", {"code": code.code})

    assert (problems(here), problems(there)) == ([("promo_not_applicable", "branch")], [])


def test_code_is_for_its_categories_alone(client, user, branch):
    coffee = CartItemFactory(user=user, product__price="5.00").product.category
    CartItemFactory(user=user, product__price="3.00")

    some = client.put(PROMO, {"code": PromoCodeFactory(categories=[coffee]).code})
    none = client.put(PROMO, {"code": PromoCodeFactory(categories=[CategoryFactory()]).code})

    assert some.json()["total_price"] == "7.50"
    assert problems(none) == [("promo_not_applicable", "categories")]


def test_free_item_is_the_cheapest_within_its_value(client, user, branch):
    CartItemFactory(user=user, product__price="5.00")
    CartItemFactory(user=user, product__price="3.00", product__name="Filter", quantity=2)

    response = client.put(PROMO, {"code": PromoCodeFactory(kind="free_item").code})

    (discount,) = response.json()["discounts"]
    assert (discount["kind"], discount["detail"], discount["amount"]) == ("free_item", "Filter", "3.00")


def test_free_item_is_never_dearer_than_its_value(client, user, branch):
    CartItemFactory(user=user, product__price="3.01")

    response = client.put(PROMO, {"code": PromoCodeFactory(kind="free_item", value="3.00").code})

    assert problems(response) == [("promo_not_applicable", "categories")]


def test_empty_cart_says_that_there_is_no_free_cup(client, branch):
    answer = client.patch("/api/cart/", {"use_reward": True})

    assert problems(answer) == [("reward_not_applicable", "used_up")]


def test_missing_total_is_told_with_its_figure(client, user, branch):
    CartItemFactory(user=user, product__price="3.00")

    response = client.put(PROMO, {"code": PromoCodeFactory(min_total="9.50").code})

    assert response.json()["problems"][0]["min_total"] == "9.50"


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": " "}, {"code": None}, {"code": 1}, {"code": "x" * 300}])
def test_what_can_be_no_code_is_400(client, branch, body):
    response = client.put(PROMO, body)

    assert (response.status_code, list(response.json())) == (400, ["code"])


def test_empty_cart_keeps_a_code_unless_it_is_unknown(client, branch):
    good = client.put(PROMO, {"code": PromoCodeFactory(min_total="5.00").code})
    unknown = client.put(PROMO, {"code": "nonsense"})

    assert (good.json()["problems"], problems(unknown)) == ([], [("promo_not_applicable", "unknown")])


def test_guessing_is_limited_and_right_codes_do_not_count(client, branch):
    code = PromoCodeFactory().code

    guesses = [client.put(PROMO, {"code": f"guess{number}"}).status_code for number in range(20)]
    refused = [client.put(PROMO, {"code": text}) for text in ("one more", code)]

    assert guesses == [200] * 20
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(429, "throttled")] * 2
    assert all(int(answer["Retry-After"]) > 3000 for answer in refused)


def test_right_codes_are_not_counted(client, branch):
    code = PromoCodeFactory().code

    assert {client.put(PROMO, {"code": code}).status_code for _ in range(25)} == {200}


def test_reward_makes_the_cheapest_cup_free_by_its_rule(client, user, branch):
    earn_rewards(user, max_price="4.00")
    begin_programme(is_active=False, max_price="1.00")  # what was earned is worth what it was
    CartItemFactory(user=user, product__price="5.00")
    CartItemFactory(user=user, product__price="4.00", product__name="Filter")

    response = client.patch("/api/cart/", {"use_reward": True})

    assert response.status_code == 200
    assert response.json()["discounts"] == [{"kind": "reward", "code": None, "detail": "Filter", "amount": "4.00"}]
    assert (response.json()["use_reward"], response.json()["total_price"]) == (True, "5.00")


@pytest.mark.parametrize(("rewards", "reason"), [(0, "used_up"), (1, "categories")])
def test_reward_that_does_not_apply_is_a_problem(client, user, branch, rewards, reason):
    if rewards:
        earn_rewards(user, max_price="4.00")
    CartItemFactory(user=user, product__price="5.00")

    response = client.patch("/api/cart/", {"use_reward": True})
    without = client.patch("/api/cart/", {"use_reward": False})

    assert problems(response) == [("reward_not_applicable", reason)]
    assert without.json()["problems"] == []


@pytest.mark.parametrize("value", [1, "true", None, [], {}])
def test_use_of_a_reward_is_true_or_false(client, branch, value):
    response = client.patch("/api/cart/", {"use_reward": value})

    assert (response.status_code, list(response.json())) == (400, ["use_reward"])


def test_code_costs_at_most_three_queries_more(client, user, branch, django_assert_max_num_queries):
    for _ in range(3):
        category = CartItemFactory(user=user).product.category
    code = PromoCodeFactory(
        branches=[branch], categories=[category], is_first_order_only=True, limit_total=5, limit_per_user=1
    )
    client.put(PROMO, {"code": code.code})

    with django_assert_max_num_queries(6 + 3):  # six without a code, as tested with the cart
        assert client.get("/api/cart/").json()["discounts"]
