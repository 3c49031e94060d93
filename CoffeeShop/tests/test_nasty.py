"""Nasty values in every place of every operation: an orderly refusal, or a sound answer, and nothing in between."""

import json

import pytest
from django.core.cache import cache
from django.db import transaction

from CoffeeShop.tests.conftest import noun, written
from CoffeeShop.tests.nasty import Attack, attacks, chosen, contents, told_insides
from CoffeeShop.tests.routes import all_routes
from products.models import Ingredient, OptionGroup, Product
from users.tests.factories import PASSWORD

ANSWERS = {200, 201, 202, 204, 304, 308, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429}
OWNERS = {"cart", "orders", "support"}  # nouns whose things are a customer's

OPERATIONS = [
    (method, route.path) for route in all_routes() if route.path.startswith("/api/") for method in sorted(route.methods)
]


@pytest.fixture
def sound(addresses) -> dict[str, object]:
    """A good value for every name of a field."""
    product, group = Product.objects.get(), OptionGroup.objects.get()
    product.option_groups.add(group)
    option = group.options.create(name="Small")
    return {
        **{
            "product": product.pk,
            "items": {"product": product.pk},
            "category": product.category.pk,
            "options": option.pk,
            "option_groups": group.pk,
        },
        **{"id": option.pk, "branch": "main", "quantity": 1, "change": 5, "reason": "delivered", "stock": 5, "seq": 1},
        **{
            "price": "4.50",
            "price_delta": "0.50",
            "min_choices": 0,
            "max_choices": 1,
            "position": 1,
            "is_active": True,
        },
        **{"username": "newcomer", "email": "new@example.com", "password": PASSWORD, "current_password": PASSWORD},
        **{"new_password": "another horse 7", "language": "ru", "timezone": "UTC", "is_default": False},
        **{"latitude": "1.500000", "longitude": "1.500000", "weekday": 0, "opens": "08:00", "closes": "18:00"},
        **{"date": "2027-01-01", "sold_out_until": "2027-01-01T00:00:00Z", "is_listed": True, "is_verified": True},
        **{"client_id": "0b54a2a2-40a5-4e9a-8d4e-0d2c3f3f3a11", "assignee": None, "status": None, "pickup_at": None},
        **{"expected_total": "4.50", "slug": "a-slug"},
        **{"option": None, "ingredient": None, "ingredients": Ingredient.objects.first().pk, "until": "today"},
        **{"prep_seconds": 60, "baristas": 2, "paused_until": None},
    }


IN_DOCUMENT = str.maketrans("<>", "{}")  # `<slug>` of a route is `{slug}` there


@pytest.fixture
def operation(anonymous, request) -> dict:
    """What the Swagger document says of one."""
    method, path = request.param
    document = anonymous.get("/swagger.json").json()
    item = document["paths"][path.removeprefix("/api").replace("<pk>", "{id}").translate(IN_DOCUMENT)]
    found = item[method.lower()]
    spots = [*found["parameters"], *item.get("parameters", [])]
    return {"method": method, "path": path, "parameters": spots, "definitions": document["definitions"]}


@pytest.mark.parametrize("operation", OPERATIONS, indirect=True, ids=" ".join)
def test_nasty_values_are_answered_in_order_and_change_nothing(operation, addresses, clients, sound, record_property):
    nasty = list(attacks(operation, operation["definitions"], sound))
    nasty = chosen(nasty, seed=f"{operation['method']} {operation['path']}")
    client = clients["owner" if noun(operation["path"]) in OWNERS or "/me/" in operation["path"] else "administrator"]
    stored = contents()

    found = [flaw for attack in nasty for flaw in flaws(attack, operation, client, addresses, stored)]

    record_property("nasty", {"requests": len(nasty), "operations": 1})
    assert not found, "\n".join(found)


def flaws(attack: Attack, operation: dict, client, addresses: dict[str, str], stored: list) -> list[str]:
    """What is wrong with the answer to one."""
    cache.clear()
    before, savepoint = written(), transaction.savepoint()
    response = send(attack, operation, client, addresses)
    transaction.savepoint_rollback(savepoint) if response.status_code < 400 else None
    found = [*flaws_of_answer(response)]
    if response.status_code >= 400 and written() != before and contents() != stored:
        found.append("something was changed")
    transaction.savepoint_rollback(savepoint)
    name = f"{operation['method']} {operation['path']} {attack.where} = {attack.value!r:.80}"
    return [f"{name}: {response.status_code}, {flaw}: {response.content[:200]!r}" for flaw in found]


def send(attack: Attack, operation: dict, client, addresses: dict[str, str]):
    path = operation["path"]
    address = addresses[path] if attack.in_path is None else aimed(path, addresses[path], attack)
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in attack.headers.items()}
    return client.generic(
        operation["method"], f"{address}?{attack.query}", attack.body or "", content_type=attack.content_type, **headers
    )


def aimed(path: str, address: str, attack: Attack) -> str:
    """The address with the nasty value in the place of the one that `where` names."""
    place = attack.where.removeprefix("path ").replace("id", "pk")
    steps = zip(path.split("/"), address.split("/"), strict=True)
    return "/".join(attack.in_path if step == f"<{place}>" else sound for step, sound in steps)


def flaws_of_answer(response) -> list[str]:
    found = told_insides(response.content.decode())
    if response.status_code not in ANSWERS:
        found.append("no such answer")
    if response.status_code in {204, 304, 308, 412}:  # HTTP's own, without a body
        return found
    try:
        body = json.loads(response.content)
    except ValueError:
        return [*found, "no JSON"]
    if response.status_code > 400 and not ({"detail", "code"} <= body.keys() and isinstance(body["code"], str)):
        found.append("no error of ours")
    return found
