from decimal import Decimal

import pytest
from django.db import transaction

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders import integrity
from orders.models import Order
from orders.services import change_status
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.tests.factories import BranchFactory, BranchProductFactory, ProductFactory
from promotions import integrity as promotions_integrity
from promotions.models import Redemption, StampCard, StampEntry
from promotions.tests.factories import PromoCodeFactory, begin_programme
from users.models import CustomUser
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db
WAY = [Status.ACCEPTED, Status.PREPARING, Status.READY, Status.COMPLETED]


@pytest.fixture(autouse=True)
def _books_balance(db):
    yield
    assert [*integrity.problems(), *promotions_integrity.problems()] == []


def complete(order_id: int) -> None:
    boss = AdminFactory()
    for status in WAY:
        change_status(order_id=order_id, to=status, by=boss)


def cancel(order_id: int) -> None:
    change_status(order_id=order_id, to=Status.CANCELLED, by=AdminFactory())


def order_with(client, *, code: str | None = None, use_reward: bool = False, **body):
    if code is not None:
        client.put("/api/cart/promo/", {"code": code})
    if use_reward:
        client.patch("/api/cart/", {"use_reward": True})
    return client.post("/api/orders/", body)


def give_rewards(user, number: int = 1, price: str = "4.50") -> None:
    begin_programme(stamps_needed=1)
    complete(OrderFactory(user=user, product=ProductFactory(price=price), quantity=number).pk)
    begin_programme(is_active=False)


def card_of(user) -> tuple[int, int]:
    card = StampCard.objects.get(user=user)
    return card.stamps, card.rewards


# --- Codes ----------------------------------------------------------------------------------------------------------


def test_discount_is_frozen_and_split_over_the_lines(client, user, branch):
    code = PromoCodeFactory(code="TEN", kind="amount", value="1.00")
    for _ in range(3):
        CartItemFactory(user=user, product__price="2.00")

    response = order_with(client, code="ten", expected_total="5.00")
    code.value = "2.00"
    code.save()

    order = client.get(f"/api/orders/{response.json()['id']}/").json()
    assert response.status_code == 201
    assert (order["subtotal_price"], order["total_price"]) == ("6.00", "5.00")
    assert order["discounts"] == [{"kind": "amount", "code": "TEN", "detail": "1.00", "amount": "1.00"}]
    assert [item["discount"] for item in order["items"]] == ["0.34", "0.33", "0.33"]
    assert client.get("/api/cart/").json()["promo_code"] == ""


def test_expected_total_protects_discounts_as_it_does_prices(client, user, branch):
    code = PromoCodeFactory(value="50.00")
    CartItemFactory(user=user, product__price="4.00")
    client.put("/api/cart/promo/", {"code": code.code})
    code.value = "10.00"
    code.save()

    response = client.post("/api/orders/", {"expected_total": "2.00"})

    assert (response.status_code, response.json()["code"]) == (409, "total_changed")
    assert response.json()["total_price"] == "3.60"
    assert client.get("/api/cart/").json()["promo_code"] == code.code


def test_order_is_refused_when_its_code_does_not_apply(client, user, branch):
    CartItemFactory(user=user)

    response = order_with(client, code="nonsense")

    assert (response.status_code, response.json()["code"]) == (409, "cart_has_problems")
    assert [problem["reason"] for problem in response.json()["problems"]] == ["unknown"]
    assert not Order.objects.exists()


def test_whole_bill_may_be_free_and_earns_no_stamps(client, user, branch):
    begin_programme()
    CartItemFactory(user=user, quantity=2)

    order = order_with(client, code=PromoCodeFactory(value="100.00").code).json()
    complete(order["id"])

    assert order["total_price"] == "0.00"
    assert not StampEntry.objects.exists()


@pytest.mark.parametrize("limit", [{"limit_total": 1}, {"limit_per_user": 1}])
def test_cancelled_order_gives_its_use_back(client, user, branch, admin_client, limit):
    code = PromoCodeFactory(**limit)
    CartItemFactory(user=user)
    first = order_with(client, code=code.code).json()
    CartItemFactory(user=user)
    refused = order_with(client, code=code.code)
    used = admin_client.get(f"/api/promo-codes/{code.pk}/").json()["times_used"]

    cancel(first["id"])
    again = client.post("/api/orders/", {})

    assert [problem["reason"] for problem in refused.json()["problems"]] == ["used_up"]
    assert (used, again.status_code) == (1, 201)
    assert Redemption.objects.in_use().count() == 1


def test_limit_of_each_customer_is_no_limit_of_all(client, user, branch):
    code = PromoCodeFactory(limit_per_user=1)
    CartItemFactory(user=user)
    other = CartItemFactory().user

    answers = [order_with(caller, code=code.code).status_code for caller in (client, client_of(other))]

    assert answers == [201, 201]


def test_first_order_is_one_that_was_not_cancelled(client, user, branch):
    code = PromoCodeFactory(is_first_order_only=True)
    CartItemFactory(user=user)
    first = order_with(client, code=code.code)
    CartItemFactory(user=user)

    refused = order_with(client, code=code.code)
    cancel(first.json()["id"])
    again = client.post("/api/orders/", {})

    assert [answer.status_code for answer in (first, refused, again)] == [201, 409, 201]
    assert [problem["reason"] for problem in refused.json()["problems"]] == ["first_order"]


def test_code_that_was_used_cannot_be_deleted(client, user, branch, admin_client):
    code = PromoCodeFactory()
    CartItemFactory(user=user)
    order_with(client, code=code.code)

    response = admin_client.delete(f"/api/promo-codes/{code.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, "in_use")


# --- Stamps ---------------------------------------------------------------------------------------------------------


def test_completed_order_earns_a_stamp_for_each_cup_once(user, branch):
    begin_programme(stamps_needed=10)
    order = OrderFactory(user=user, quantity=3)

    complete(order.pk)
    change_status(order_id=order.pk, to=Status.COMPLETED, by=AdminFactory())

    assert card_of(user) == (3, 0)


def test_order_that_is_not_completed_earns_nothing(user, branch):
    begin_programme()
    cancel(OrderFactory(user=user).pk)

    assert not StampEntry.objects.exists()


def test_reward_is_held_when_placed_and_taken_when_completed(client, user, branch):
    give_rewards(user, price="4.50")
    begin_programme(stamps_needed=10)
    CartItemFactory(user=user, product__price="4.50", quantity=2)

    order = order_with(client, use_reward=True).json()
    held = card_of(user)
    complete(order["id"])

    assert (order["total_price"], order["items"][0]["free_quantity"]) == ("4.50", 1)
    assert (held, card_of(user)) == ((0, 0), (1, 0))  # the free cup earns nothing
    kinds = list(StampEntry.objects.filter(order_id=order["id"]).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["held", "taken", "earned"]


def test_reward_comes_back_when_its_order_is_cancelled(client, user, branch):
    give_rewards(user)
    CartItemFactory(user=user)
    order = order_with(client, use_reward=True).json()

    for _ in range(2):
        cancel(order["id"])
    CartItemFactory(user=user)
    again = order_with(client, use_reward=True)

    assert again.status_code == 201
    assert again.json()["total_price"] == "0.00"
    assert card_of(user) == (0, 0)


def test_reward_is_asked_for_anew_with_each_order(client, user, branch):
    give_rewards(user, number=2)
    CartItemFactory(user=user)

    order_with(client, use_reward=True)

    cart = client.get("/api/cart/").json()
    assert (cart["use_reward"], card_of(user)) == (False, (0, 1))


def test_order_with_a_reward_alone_moves_with_it(client, user, branch):
    give_rewards(user, price="4.50")
    CartItemFactory(user=user, product__price="4.50", quantity=2)
    order = order_with(client, use_reward=True).json()
    other = BranchFactory()

    moved = client.post(f"/api/orders/{order['id']}/move/", {"branch": other.slug})

    assert (moved.status_code, moved.json()["branch"], moved.json()["total_price"]) == (200, other.slug, "4.50")
    assert [discount["kind"] for discount in moved.json()["discounts"]] == ["reward"]


def test_one_reward_is_good_for_one_open_order(client, user, branch):
    give_rewards(user)
    CartItemFactory(user=user)
    order_with(client, use_reward=True)
    CartItemFactory(user=user)

    response = order_with(client, use_reward=True)

    assert (response.status_code, response.json()["problems"][0]["reason"]) == (409, "used_up")


def test_reward_and_code_go_together(client, user, branch):
    give_rewards(user, price="4.00")
    CartItemFactory(user=user, product__price="4.00", quantity=2)

    order = order_with(client, code=PromoCodeFactory(value="50.00").code, use_reward=True).json()

    assert (order["subtotal_price"], order["total_price"]) == ("8.00", "2.00")
    assert [discount["kind"] for discount in order["discounts"]] == ["reward", "percent"]


def test_use_of_a_code_is_worth_its_own_discount(client, user, branch):
    give_rewards(user, price="4.00")
    CartItemFactory(user=user, product__price="4.00", quantity=3)

    order_with(client, code=PromoCodeFactory(value="10.00").code, use_reward=True)

    assert Redemption.objects.get().amount == Decimal("0.80")


def test_mail_shows_what_was_taken_off(client, user, branch, mailoutbox):
    CartItemFactory(user=user, product__price="4.00")

    order_with(client, code=PromoCodeFactory(code="HALF", value="50.00").code)

    assert any("HALF" in mail.body and "-2.00" in mail.body for mail in mailoutbox)


def test_customers_take_their_codes_and_stamps_along(client, user, branch):
    give_rewards(user)
    CartItemFactory(user=user, quantity=2)
    order = order_with(client, code=PromoCodeFactory(code="TEN").code, use_reward=True).json()

    export = client.get("/api/users/me/export/").json()

    (used,) = export["promo_codes"]
    assert (used["code"], used["order"], used["amount"]) == ("TEN", order["id"], order["discounts"][1]["amount"])
    assert sorted(entry["kind"] for entry in export["stamps"]) == ["earned", "exchanged", "held"]
    assert order["id"] in {entry["order"] for entry in export["stamps"]}


def test_guest_who_claims_the_account_keeps_the_card(anonymous, branch):
    begin_programme(stamps_needed=1)
    guest = anonymous.post("/api/users/guest/", {}).json()
    client = client_of(CustomUser.objects.get(pk=guest["user"]["id"]))
    complete(OrderFactory(user=CustomUser.objects.get(pk=guest["user"]["id"])).pk)

    claimed = client.post(
        "/api/users/claim/", {"username": "ines", "email": "ines@example.com", "password": "correct horse 7"}
    )

    assert claimed.status_code == 200, claimed.json()
    assert card_of(CustomUser.objects.get(username="ines")) == (0, 1)


# --- Moving ---------------------------------------------------------------------------------------------------------


def test_order_that_moves_takes_its_discounts_along(client, user, branch):
    there = BranchFactory(slug="other")
    give_rewards(user)
    product = CartItemFactory(user=user, product__price="4.00", quantity=2).product
    BranchProductFactory(branch=there, product=product, price="3.00")
    order = order_with(client, code=PromoCodeFactory(value="50.00", limit_total=1).code, use_reward=True).json()

    response = client.post(f"/api/orders/{order['id']}/move/", {"branch": "other", "expected_total": "1.50"})

    assert response.status_code == 200, response.json()
    moved = response.json()
    assert (moved["subtotal_price"], moved["total_price"], moved["items"][0]["discount"]) == ("6.00", "1.50", "4.50")
    assert str(Redemption.objects.get().amount) == "1.50"


def test_order_stays_when_the_other_branch_excludes_its_code(client, user, branch):
    BranchFactory(slug="other")
    CartItemFactory(user=user)
    order = order_with(client, code=PromoCodeFactory(branches=[branch]).code).json()

    response = client.post(f"/api/orders/{order['id']}/move/", {"branch": "other"})

    assert (response.status_code, response.json()["problems"][0]["reason"]) == (409, "branch")


# --- Books ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def discounted(client, user, branch) -> Order:
    """With a code and a reward."""
    give_rewards(user)
    CartItemFactory(user=user, quantity=2)
    return Order.objects.get(pk=order_with(client, code=PromoCodeFactory().code, use_reward=True).json()["id"])


def test_books_balance_where_the_database_adds_floats(client, user, branch):
    CartItemFactory(user=user, product__price="7.79")

    order = order_with(client, code=PromoCodeFactory(kind="amount", value="2.60").code).json()

    assert order["total_price"] == "5.19"  # 5.19 + 2.6 is 7.789999999999999
    assert list(integrity.problems()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda order: order.items.update(discount=0),
        lambda order: Redemption.objects.update(returned_at=order.created_at),
        lambda order: Redemption.objects.all().delete(),
        lambda order: Order.objects.filter(pk=order.pk).update(status="cancelled"),
        lambda order: StampEntry.objects.filter(kind="held").delete(),
        lambda order: StampCard.objects.update(stamps=5),
    ],
)
def test_books_say_what_is_wrong(discounted, damage):
    with transaction.atomic():
        damage(discounted)
        found = [*integrity.problems(), *promotions_integrity.problems()]
        transaction.set_rollback(True)

    assert found
