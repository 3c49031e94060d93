from itertools import product

import pytest

from orders.models import OrderEvent
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import StockMovement
from products.tests.factories import BranchProductFactory
from users.models import CustomUser

pytestmark = pytest.mark.django_db

ALLOWED = {
    "admin": {
        ("pending", "accepted"), ("accepted", "preparing"), ("preparing", "ready"), ("ready", "completed"),
        ("preparing", "accepted"), ("ready", "preparing"),
        ("pending", "cancelled"), ("accepted", "cancelled"), ("preparing", "cancelled"), ("ready", "cancelled"),
    },
    "user": {("pending", "cancelled"), ("accepted", "cancelled")},
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), list(product(Status.values, repeat=2)))
@pytest.mark.parametrize("role", ["user", "admin"])
def test_order_moves_along_the_table_and_nowhere_else(client, user, admin_client, branch, role, old, new):
    order = OrderFactory(user=user, status=old)
    caller = admin_client if role == "admin" else client

    response = caller.patch(f"/api/orders/{order.pk}/", {"status": new})

    order.refresh_from_db()
    if (old, new) in ALLOWED[role] or old == new:
        assert (response.status_code, response.json()["status"], order.status) == (200, new, new)
    else:
        assert (response.status_code, response.json()["code"], order.status) == (409, "status_not_allowed", old)
        assert response.json()["status"] == old
        assert {(old, allowed) for allowed in response.json()["allowed_statuses"]} <= ALLOWED[role]
    assert OrderEvent.objects.filter(order=order).last().status == order.status


def test_administrator_moves_an_order_without_becoming_its_owner(client, user, admin_client, branch):
    order = OrderFactory(user=user)

    for status in ["accepted", "preparing", "ready", "completed"]:
        admin_client.patch(f"/api/orders/{order.pk}/", {"status": status})

    events = admin_client.get(f"/api/orders/{order.pk}/").json()["events"]
    assert [(event["status"], event["by"]["username"]) for event in events] == [
        ("pending", "anna"),
        ("accepted", "boss"),
        ("preparing", "boss"),
        ("ready", "boss"),
        ("completed", "boss"),
    ]


@pytest.mark.parametrize(("first_name", "shown"), [("", "CoffeeShop"), ("Marta", "Marta")])
def test_customer_sees_no_sign_in_name_of_staff(client, user, admin_user, admin_client, branch, first_name, shown):
    CustomUser.objects.filter(pk=admin_user.pk).update(first_name=first_name)
    order = OrderFactory(user=user)
    admin_client.patch(f"/api/orders/{order.pk}/", {"status": "accepted"})

    events = client.get(f"/api/orders/{order.pk}/").json()["events"]

    assert [event["by"]["username"] for event in events] == ["anna", shown]
    assert [event["by"]["name"] for event in events] == ["anna", shown]


def test_version_grows_by_one_with_every_change(client, user, admin_client, branch):
    order = OrderFactory(user=user)
    changes = [{"note": "hot"}, {"note": "hot"}, {"note": "hotter", "status": "accepted"}, {"status": "cancelled"}]

    versions = [admin_client.patch(f"/api/orders/{order.pk}/", change).json()["version"] for change in changes]

    assert versions == [2, 2, 3, 4]


def test_staff_may_step_back_and_the_timeline_has_both(admin_client, branch):
    order = OrderFactory(status="ready")

    answer = admin_client.patch(f"/api/orders/{order.pk}/", {"status": "preparing"})

    statuses = [event["status"] for event in answer.json()["events"]]
    assert statuses == ["pending", "accepted", "preparing", "ready", "preparing"]


def test_repeated_move_is_200_with_one_timeline_line(admin_client, branch):
    order = OrderFactory()

    answers = [admin_client.patch(f"/api/orders/{order.pk}/", {"status": "accepted"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert order.events.count() == 2


@pytest.mark.parametrize("status", ["pending", "accepted", "preparing", "ready"])
def test_cancelling_gives_the_stock_back(admin_client, branch, status):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=2, status=status)

    for _ in range(2):
        admin_client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled"})

    row.refresh_from_db()
    movements = StockMovement.objects.filter(order_id=order.pk).order_by("pk").values_list("change", "reason")
    assert (row.stock, list(movements)) == (5, [(-2, "sold"), (2, "returned")])


def test_deleting_a_cancelled_order_gives_nothing_back_again(admin_client, branch):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=2, status="cancelled")

    admin_client.delete(f"/api/orders/{order.pk}/")

    row.refresh_from_db()
    assert row.stock == 5


@pytest.mark.parametrize("change", ["deleted", "made to order"])
def test_order_is_cancelled_when_its_stock_is_kept_nowhere(admin_client, branch, change):
    row = BranchProductFactory(branch=branch, stock=5)
    order = OrderFactory(product=row.product, quantity=2)
    if change == "deleted":
        row.product.delete()
    else:
        type(row).objects.update(stock=None)

    response = admin_client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled"})

    assert (response.status_code, response.json()["status"]) == (200, "cancelled")


def test_reason_stays_when_the_cancellation_is_repeated(client, user, branch):
    order = OrderFactory(user=user)
    body = {"status": "cancelled", "cancel_reason": "Передумала"}

    answers = [client.patch(f"/api/orders/{order.pk}/", body) for _ in range(2)]

    assert [(answer.status_code, answer.json()["cancel_reason"]) for answer in answers] == [(200, "Передумала")] * 2


@pytest.mark.parametrize("reason", ["not_accepted", "not_fetched"])
def test_reason_of_the_shop_itself_is_nobodys(client, user, admin_client, branch, reason):
    order = OrderFactory(user=user)
    body = {"status": "cancelled", "cancel_reason": reason}

    answers = [each.patch(f"/api/orders/{order.pk}/", body) for each in (client, admin_client)]

    assert [(answer.status_code, [*answer.json()]) for answer in answers] == [(400, ["cancel_reason"])] * 2
    order.refresh_from_db()
    assert order.status == "pending"


def test_reason_can_be_given_later_by_an_administrator_only(client, user, admin_client, branch):
    order = OrderFactory(user=user, status="cancelled")

    own = client.patch(f"/api/orders/{order.pk}/", {"cancel_reason": "x"})
    administrators = admin_client.patch(f"/api/orders/{order.pk}/", {"cancel_reason": "Нет молока"})

    assert own.status_code == 400
    assert len(own.json()["cancel_reason"]) == 1
    assert (administrators.status_code, administrators.json()["cancel_reason"]) == (200, "Нет молока")
