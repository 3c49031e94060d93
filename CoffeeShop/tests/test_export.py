import json
import uuid

import pytest

from cart.tests.factories import CartItemFactory
from orders.tests.factories import OrderFactory
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_export_has_everything_that_is_ones_own(client, user, branch):
    order = OrderFactory(user=user, note="For Anna")
    item = CartItemFactory(user=user)
    client.post("/api/favourites/", {"name": "Mine", "product": item.product_id, "options": []})
    conversation = client.post("/api/support/conversations/").json()["id"]
    body = {"client_id": str(uuid.uuid4()), "text": "Where is it?"}
    client.post(f"/api/support/conversations/{conversation}/messages/", body)

    response = client.get("/api/users/me/export/")

    found = response.json()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert found["profile"] == client.get("/api/users/me/").json()
    assert [(row["id"], row["note"]) for row in found["orders"]] == [(order.pk, "For Anna")]
    assert found["orders"][0]["events"] == client.get(f"/api/orders/{order.pk}/").json()["events"]
    for part in (found["cart"], found["favourites"]):
        assert [(row["product"], row["product_name"]) for row in part] == [(item.product_id, item.product.name)]
    assert [row["text"] for row in found["messages"]] == ["Where is it?"]
    assert len(found["sign_ins"]) == 1


def test_export_has_nothing_of_others(client, branch):
    stranger = UserFactory(username="zaphodina")
    OrderFactory(user=stranger)
    CartItemFactory(user=stranger)

    found = client.get("/api/users/me/export/").json()

    assert (found["orders"], found["cart"], found["messages"]) == ([], [], [])
    assert "zaphodina" not in json.dumps(found)


def test_export_shows_no_hash_and_no_token(client, user):
    text = client.get("/api/users/me/export/").content.decode()

    assert not [word for word in ("password", "jti", "epoch", "nonce", user.password) if word in text]
