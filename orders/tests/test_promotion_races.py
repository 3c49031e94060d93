"""What must hold of codes and stamps however many phones are at it, each with a control that has the lock off."""

import pytest
from django.db import connection

from cart.services import set_offers
from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders import integrity
from orders.models import Order
from orders.services import change_status
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.tests.factories import ProductFactory
from promotions import integrity as promotions_integrity
from promotions.models import Redemption, StampCard, StampEntry
from promotions.services import Cups, complete_order
from promotions.tests.factories import PromoCodeFactory, begin_programme
from rest.tests.races import in_parallel, meeting
from users.tests.factories import AdminFactory

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row locks to race for"),
    pytest.mark.django_db(transaction=True),
]
BUYERS = 40
LIMIT = 7


def all_problems() -> list[str]:
    return [*integrity.problems(), *promotions_integrity.problems()]


def buyers_with(code: str, number: int) -> list:
    product = ProductFactory()
    users = [CartItemFactory(product=product).user for _ in range(number)]
    for user in users:
        set_offers(user=user, promo_code=code)
    return [client_of(user) for user in users]


def order_at_once(clients: list) -> list[int]:
    return in_parallel([lambda client=client: client.post("/api/orders/", {}).status_code for client in clients])


def test_limited_code_is_never_used_beyond_its_limit(branch):
    clients = buyers_with(PromoCodeFactory(limit_total=LIMIT).code, BUYERS)

    statuses = order_at_once(clients)

    assert sorted(statuses) == [201] * LIMIT + [409] * (BUYERS - LIMIT)
    assert Redemption.objects.in_use().count() == LIMIT
    assert all_problems() == []


def test_limited_code_is_used_too_often_when_nobody_locks(branch, monkeypatch):
    clients = buyers_with(PromoCodeFactory(limit_total=1).code, 8)
    monkeypatch.setattr("cart.contents.lock_offers", meeting(8))

    statuses = order_at_once(clients)

    assert statuses.count(201) > 1


def test_uses_of_cancelled_orders_are_given_out_again_once(branch):
    clients = buyers_with(PromoCodeFactory(limit_total=2).code, 12)
    orders = [client.post("/api/orders/", {}).json()["id"] for client in clients[:2]]
    boss = AdminFactory()
    cancels = [lambda order=order: change_status(order_id=order, to=Status.CANCELLED, by=boss) for order in orders * 2]
    buys = [lambda client=client: client.post("/api/orders/", {}).status_code for client in clients[2:]]

    in_parallel([*cancels, *buys])

    assert Redemption.objects.in_use().count() <= 2
    assert all_problems() == []


# --- Rewards --------------------------------------------------------------------------------------------------------
# One user's orders queue at their cart already. That lock is taken away here, so that the card's own is tried.


def rich_user(rewards: int):
    begin_programme(stamps_needed=1)
    user = CartItemFactory().user
    complete_order(order_id=10**9, user_id=user.pk, cups=[Cups(None, rewards)])
    set_offers(user=user, use_reward=True)
    return user


def hold_at_once(user, number: int) -> list:
    """As many orders of one cart, that are placed without waiting for the cart."""
    clients = [client_of(user) for _ in range(number)]
    return order_at_once(clients)


def test_one_of_six_parallel_orders_holds_the_reward(branch, monkeypatch):
    user = rich_user(1)
    monkeypatch.setattr("orders.placing.lock_cart", lambda user: None)
    monkeypatch.setattr("orders.placing.take_out", lambda cart, user: None)  # each of them has a cart of its own

    statuses = hold_at_once(user, 6)

    assert statuses.count(201) == 1
    assert StampCard.objects.get(user=user).rewards == 0
    assert all_problems() == []


def test_reward_is_promised_to_several_when_nobody_locks(branch, monkeypatch):
    user = rich_user(6)
    StampCard.objects.filter(user=user).update(rewards=6)
    monkeypatch.setattr("orders.placing.lock_cart", lambda user: None)
    monkeypatch.setattr("orders.placing.take_out", lambda cart, user: None)
    monkeypatch.setattr("cart.contents.lock_offers", meeting(5))
    hold_at_once(user, 5)

    held = list(StampEntry.objects.filter(kind="held").values_list("reward", flat=True))

    assert len(set(held)) < len(held)
    assert any("given out" in problem for problem in all_problems())


@pytest.mark.parametrize("turn", range(3))
def test_completing_against_cancelling_ends_a_reward_once(branch, turn):
    user = rich_user(1)
    order = client_of(user).post("/api/orders/", {}).json()["id"]
    boss = AdminFactory()
    for status in (Status.ACCEPTED, Status.PREPARING, Status.READY):
        change_status(order_id=order, to=status, by=boss)
    moves = [Status.COMPLETED, Status.CANCELLED] * 3
    clients = [client_of(boss) for _ in moves]

    in_parallel(
        [
            lambda client=client, to=to: client.patch(f"/api/orders/{order}/", {"status": to})
            for client, to in zip(clients, moves, strict=True)
        ]
    )

    ends = StampEntry.objects.filter(order_id=order, kind__in=["taken", "returned"])
    is_completed = Order.objects.get(pk=order).status == Status.COMPLETED
    assert [entry.kind for entry in ends] == ["taken" if is_completed else "returned"]
    assert StampCard.objects.get(user=user).rewards == (0 if is_completed else 1)
    assert all_problems() == []


def test_stamps_of_parallel_completions_all_count(branch):
    user = OrderFactory().user
    begin_programme(stamps_needed=3)

    in_parallel(
        [lambda n=n: complete_order(order_id=10**9 + n, user_id=user.pk, cups=[Cups(None, 2)]) for n in range(8)]
    )

    card = StampCard.objects.get(user=user)
    assert (card.stamps, card.rewards) == (1, 5)
    assert list(promotions_integrity.problems()) == []
