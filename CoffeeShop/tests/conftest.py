from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.db import connection, transaction

from cart.again import save_favourite
from cart.tests.factories import CartItemFactory
from CoffeeShop.tests.routes import all_routes
from conftest import client_of, default_branch
from orders.models import OrderItem
from orders.sharing import share_link
from orders.tests.factories import OrderFactory
from products.models import Branch, Position
from products.tests.factories import (
    BranchProductFactory,
    BranchStaffFactory,
    IngredientFactory,
    OptionGroupFactory,
    ProductFactory,
    StopListEntryFactory,
)
from promotions.tests.factories import PromoCodeFactory
from support.services import open_conversation
from users.models import CustomUser
from users.tests.factories import AdminFactory, UserFactory

# What the view `pg_stat_xact_user_tables` adds up, without its joins, which take longer than most requests.
WRITTEN = """
    SELECT sum(pg_stat_get_xact_tuples_inserted(oid))
        + sum(pg_stat_get_xact_tuples_updated(oid))
        + sum(pg_stat_get_xact_tuples_deleted(oid))
    FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""
PEOPLE = (
    *("anonymous", "unverified", "user", "owner", "blocked", "administrator"),
    *("barista", "manager", "elsewhere"),  # of the branch, and a barista of another one
)


class Household(NamedTuple):
    people: dict
    clients: dict
    addresses: dict[str, str]


@pytest.fixture(scope="module")
def household(django_db_setup, django_db_blocker) -> Iterator[Household]:
    """One outer transaction for a module's tests, each of which is rolled back to a savepoint within it.

    Making everybody takes longer than most of these tests do.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        branch = default_branch()
        people = make_people(branch)
        yield Household(people, clients_of(people), addresses_of(people["owner"], branch))
        transaction.set_rollback(True)


@pytest.fixture
def people(household, db) -> dict:
    return household.people


@pytest.fixture
def clients(household, db) -> dict:
    return household.clients


@pytest.fixture
def addresses(household, db) -> dict[str, str]:
    return household.addresses


def make_people(branch: Branch) -> dict:
    """Everybody, each with something of their own."""
    people = {name: UserFactory(username=name) for name in ("user", "owner", "blocked")}
    people |= {"unverified": UserFactory(username="unverified", is_verified=False), "administrator": AdminFactory()}
    for name, position in (("barista", Position.BARISTA), ("manager", Position.MANAGER)):
        people[name] = BranchStaffFactory(branch=branch, position=position, user__username=name).user
    people["elsewhere"] = BranchStaffFactory(user__username="elsewhere").user
    for name in PEOPLE:
        if name not in {"anonymous", "administrator"}:
            open_conversation(people[name])
    return {"anonymous": None, **people}


def clients_of(people: dict) -> dict:
    clients = {name: client_of(people[name]) for name in PEOPLE}  # all with tokens of the time before the block
    people["blocked"].is_active = False
    people["blocked"].save()
    return clients


def addresses_of(owner: CustomUser, branch: Branch) -> dict[str, str]:
    """`{route: path}`, to what is the owner's, the branch's or the shop's."""
    product = ProductFactory()
    ids = {
        "users": owner.pk,
        "categories": product.category.pk,
        "products": product.pk,
        "option-groups": OptionGroupFactory().pk,
        "branches": BranchStaffFactory(branch=branch).pk,
        "branch-products": BranchProductFactory(branch=branch, product=product).pk,
        "ingredients": IngredientFactory().pk,
        "stop-list": StopListEntryFactory(branch=branch, ingredient=IngredientFactory()).pk,
        "favourites": save_favourite(user=owner, product_id=product.pk).pk,
        "promo-codes": PromoCodeFactory().pk,
        "orders": OrderFactory(user=owner, product=product).pk,
        "cart": CartItemFactory(user=owner, product=product).pk,
        "support": open_conversation(owner)[0].pk,
    }
    item = OrderItem.objects.get(order=ids["orders"])
    paths = [route.path for route in all_routes() if route.path.startswith("/api/")]
    token = share_link(item.order).rstrip("/").rpartition("/")[2]
    named = {"<slug>": branch.slug, "<item_id>": str(item.pk), "<token>": token}
    return {path: filled(path, named | {"<pk>": str(ids.get(collection(path)))}) for path in paths}


def filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(name, value)
    return path


def collection(path: str) -> str:
    """What the path's `<pk>` is one of."""
    return "stop-list" if "/stop-list/" in path else noun(path)


def noun(path: str) -> str:
    return path.split("/")[2]


def written() -> int:
    """How many rows the test's transaction has inserted, changed or deleted so far."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return cursor.fetchone()[0]
