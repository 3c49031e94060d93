from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cart.tests.factories import CartItemFactory
from conftest import client_of
from orders.tests.factories import OrderFactory
from products.hours import end_of_business_day
from products.models import StopListEntry
from products.stoplist import put_on_stop_list
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    BranchStaffFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
    StopListEntryFactory,
)
from rest.tests.races import in_parallel

pytestmark = pytest.mark.django_db

URL = "/api/branches/main/stop-list/"


@pytest.fixture
def barista(branch):
    return client_of(BranchStaffFactory(branch=branch).user)


@pytest.fixture
def latte(branch):
    """Milk is in it, and oat milk in one of its options."""
    latte = ProductFactory(name="Latte")
    milk, oat_milk = IngredientFactory(name="Milk"), IngredientFactory(name="Oat milk")
    group = OptionGroupFactory(name="Milk", max_choices=2)
    oat, soy = OptionFactory(group=group, name="Oat"), OptionFactory(group=group, name="Soy")
    latte.option_groups.add(group)
    latte.ingredients.add(milk)
    oat.ingredients.add(oat_milk)
    latte.milk, latte.oat_milk, latte.oat, latte.soy = milk, oat_milk, oat, soy
    return latte


def shown(client, product) -> tuple[bool, list[bool]]:
    """Is the product available, and each of its options, on its page? The list and the menu agree."""
    page = client.get(f"/api/products/{product.pk}/").json()
    listed = next(
        row for row in client.get("/api/products/?page_size=100").json()["results"] if row["id"] == product.pk
    )
    found = client.get(f"/api/products/?available={str(page['is_available']).lower()}").json()["results"]
    menu = client.get("/api/branches/main/menu/").json()
    (there,) = [row for part in menu["categories"] for row in part["products"] if row["id"] == product.pk]
    assert page["is_available"] == listed["is_available"] == there["is_available"]
    assert product.pk in [row["id"] for row in found]
    options = [option["is_available"] for group in page["option_groups_detail"] for option in group["options"]]
    assert options == [option["is_available"] for group in there["option_groups"] for option in group["options"]]
    return page["is_available"], options


# --- What is out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("product", (False, [True, True])),
        ("ingredient", (False, [True, True])),
        ("option", (True, [True, False])),
        ("oat milk", (True, [False, True])),
    ],
)
def test_what_is_stopped_is_unavailable_at_its_branch_alone(barista, anonymous, latte, kind, expected):
    things = {"product": latte, "ingredient": latte.milk, "option": latte.soy, "oat milk": latte.oat_milk}
    BranchFactory(slug="elsewhere")
    before = shown(anonymous, latte)

    stopped = barista.post(URL, {"ingredient" if kind == "oat milk" else kind: things[kind].pk, "until": None})

    elsewhere = anonymous.get(f"/api/products/{latte.pk}/?branch=elsewhere").json()
    assert stopped.status_code == 201
    assert (before, shown(anonymous, latte)) == ((True, [True, True]), expected)
    assert elsewhere["is_available"] is True
    assert all(option["is_available"] for option in elsewhere["option_groups_detail"][0]["options"])


def test_list_shows_what_is_out_and_until_when(barista, latte, branch):
    until = (timezone.now() + timedelta(minutes=30)).replace(microsecond=0)

    stopped = barista.post(URL, {"ingredient": latte.milk.pk, "until": until.isoformat()}).json()
    StopListEntryFactory(branch=branch, product=latte, until=timezone.now() - timedelta(seconds=1))

    (entry,) = barista.get(URL).json()["results"]
    assert {**entry, "orders": []} == stopped
    assert (entry["ingredient"], entry["product"], entry["option"]) == (latte.milk.pk, None, None)
    assert (entry["name"], datetime.fromisoformat(entry["until"])) == ("Milk", until)


def test_today_is_the_branchs_business_day(barista, latte, branch):
    branch.timezone = "Asia/Tokyo"
    branch.save()

    until = barista.post(URL, {"option": latte.soy.pk, "until": "today"}).json()["until"]

    assert datetime.fromisoformat(until) == end_of_business_day(branch, timezone.now())


def test_stopping_again_changes_the_end_and_nothing_else(barista, latte):
    first = barista.post(URL, {"product": latte.pk, "until": "today"})
    again = barista.post(URL, {"product": latte.pk, "until": "today"})
    endless = barista.post(URL, {"product": latte.pk})

    assert [answer.status_code for answer in (first, again, endless)] == [201, 200, 200]
    assert again.json() == first.json()
    assert endless.json() == {**first.json(), "until": None}
    assert barista.get(URL).json()["count"] == 1


def test_stop_is_new_although_another_branch_has_it(barista, latte, branch):
    put_on_stop_list(branch=BranchFactory(), until=None, by=None, product=latte)

    assert barista.post(URL, {"product": latte.pk}).status_code == 201


def test_taken_off_it_is_available_at_once(barista, anonymous, latte):
    entry = barista.post(URL, {"ingredient": latte.milk.pk}).json()

    answers = [barista.delete(f"{URL}{entry['id']}/").status_code for _ in range(2)]

    assert answers == [204, 404]
    assert shown(anonymous, latte)[0] is True


def test_entry_of_another_branch_is_not_there(barista, latte):
    far = StopListEntryFactory(branch=BranchFactory(), product=latte)

    assert barista.delete(f"{URL}{far.pk}/").status_code == 404
    assert StopListEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "non_field_errors"),
        ({"until": "today"}, "non_field_errors"),
        ({"product": None, "option": None}, "non_field_errors"),
        ({"product": "pk", "ingredient": "pk"}, "non_field_errors"),
        ({"product": 2**40}, "product"),
        ({"option": "1"}, "option"),
        ({"ingredient": True}, "ingredient"),
        ({"product": "pk", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"product": "pk", "until": "tomorrow"}, "until"),
        ({"product": "pk", "until": 30}, "until"),
        ({"product": "pk", "until": "2099-01-01T00:00:00"}, "until"),
        ({"product": "pk", "until": "9999-12-31T23:59:59-23:59"}, "until"),
    ],
)
def test_stop_is_400_when_it_makes_no_sense(barista, latte, body, field):
    ids = {"product": latte.pk, "ingredient": latte.milk.pk}
    body = {name: ids[name] if value == "pk" else value for name, value in body.items()}

    response = barista.post(URL, body)

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not StopListEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_stops_of_one_product_make_one_entry(branch):
    latte = ProductFactory()
    staff = [client_of(BranchStaffFactory(branch=branch).user) for _ in range(8)]

    answers = in_parallel([lambda client=client: client.post(URL, {"product": latte.pk}) for client in staff])

    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == StopListEntry.objects.count() == 1


# --- What it touches ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stopped", "code", "figures"),
    [
        ({"ingredient": "milk"}, "product_unavailable", {"ingredient": "milk"}),
        ({"product": "latte"}, "product_unavailable", {}),
        ({"ingredient": "oat_milk"}, "option_unavailable", {"option": "oat", "ingredient": "oat_milk"}),
        ({"option": "oat"}, "option_unavailable", {"option": "oat"}),
    ],
)
def test_open_carts_name_what_is_out(client, user, barista, latte, stopped, code, figures):
    ids = {"latte": latte.pk, "milk": latte.milk.pk, "oat_milk": latte.oat_milk.pk, "oat": latte.oat.pk}
    item = CartItemFactory(user=user, product=latte, options=[latte.oat.pk, latte.soy.pk])
    assert client.get("/api/cart/").json()["is_orderable"] is True

    barista.post(URL, {kind: ids[name] for kind, name in stopped.items()})

    cart = client.get("/api/cart/").json()
    (problem,) = cart["problems"]
    detail = problem.pop("detail")
    assert problem == {"code": code, "item": item.pk, **{key: ids[name] for key, name in figures.items()}}
    assert ("milk has run out" in detail.lower()) == ("ingredient" in figures)
    assert client.post("/api/orders/", {}).json()["code"] == "cart_has_problems"


def test_answer_names_waiting_orders_with_the_product(barista, user, latte, branch):
    accepted = OrderFactory(user=user, product=latte, branch=branch, status="accepted")
    OrderFactory(user=user, product=latte, branch=branch, status="completed")
    OrderFactory(user=user, product=ProductFactory(), branch=branch, status="accepted")
    OrderFactory(user=user, product=latte, branch=BranchFactory(), status="accepted")

    answers = [
        barista.post(URL, {kind: thing.pk}).json() for kind, thing in (("product", latte), ("ingredient", latte.milk))
    ]

    expected = [{"id": accepted.pk, "number": accepted.number, "status": "accepted"}]
    assert [answer["orders"] for answer in answers] == [expected, expected]


def test_order_whose_cups_are_made_waits_for_nothing(barista, user, latte, branch):
    order = OrderFactory(user=user, product=latte, branch=branch, status="preparing", quantity=2)
    waiting = []

    for made in (1, 2):
        order.items.update(made=made)
        waiting.append(barista.post(URL, {"product": latte.pk}).json()["orders"])

    assert [len(orders) for orders in waiting] == [1, 0]


def test_other_ingredient_names_no_waiting_order(barista, user, latte, branch):
    OrderFactory(user=user, product=latte, branch=branch)

    assert barista.post(URL, {"ingredient": IngredientFactory().pk}).json()["orders"] == []


def test_answer_names_waiting_orders_with_the_option(barista, user, latte, branch):
    order = OrderFactory(user=user, product=latte, branch=branch)
    order.items.update(options=[{"id": latte.oat.pk, "name": "Oat", "price_delta": "0.70"}])

    answers = [
        barista.post(URL, {kind: thing.pk}).json()["orders"]
        for kind, thing in (("option", latte.oat), ("ingredient", latte.oat_milk), ("option", latte.soy))
    ]

    assert [[held["id"] for held in orders] for orders in answers] == [[order.pk], [order.pk], []]


# --- One truth with `sold_out_until` --------------------------------------------------------------------------------


def test_sold_out_until_is_the_products_entry(admin_client, barista, latte, branch):
    row = BranchProductFactory(branch=branch, product=latte)
    url, until = f"/api/branch-products/{row.pk}/", "2099-01-01T00:00:00Z"

    admin_client.patch(url, {"sold_out_until": until})
    listed = barista.get(URL).json()["results"]
    barista.post(URL, {"product": latte.pk, "until": None})
    endless = admin_client.get(url).json()["sold_out_until"]
    kept = admin_client.patch(url, {"sold_out_until": endless}).json()["sold_out_until"]
    unended = barista.get(URL).json()["results"][0]["until"]
    admin_client.patch(url, {"sold_out_until": None})

    assert [(entry["product"], entry["until"]) for entry in listed] == [(latte.pk, until)]
    assert endless == kept == "9999-12-31T23:59:59Z"
    assert unended is None
    assert barista.get(URL).json()["count"] == 0


def test_deleted_difference_takes_its_stop_along(admin_client, anonymous, latte, branch):
    row = BranchProductFactory(branch=branch, product=latte, sold_out_until=timezone.now() + timedelta(hours=1))

    admin_client.delete(f"/api/branch-products/{row.pk}/")

    assert shown(anonymous, latte)[0] is True


# --- Never unorderable ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["inactive", "stopped", "ingredient"])
def test_product_is_unavailable_when_a_required_group_runs_short(
    anonymous, client, user, barista, admin_client, branch, how
):
    latte, group = ProductFactory(), OptionGroupFactory(name="Size", min_choices=1)
    small, large = OptionFactory(group=group, name="Small"), OptionFactory(group=group, name="Large")
    latte.option_groups.add(group)
    CartItemFactory(user=user, product=latte, options=[small.pk])
    large.is_active = False
    large.save()
    assert shown(anonymous, latte)[0] is True

    if how == "inactive":
        rows = [{"id": option.pk, "name": option.name, "is_active": False} for option in (small, large)]
        admin_client.patch(f"/api/option-groups/{group.pk}/", {"options": rows})
    elif how == "stopped":
        barista.post(URL, {"option": small.pk})
    else:
        small.ingredients.add(cup := IngredientFactory())
        barista.post(URL, {"ingredient": cup.pk})

    codes = [problem["code"] for problem in client.get("/api/cart/").json()["problems"]]
    assert shown(anonymous, latte) == (False, [False, False])
    assert codes == ["product_unavailable", "option_unavailable"]


def test_product_stays_available_when_an_optional_group_is_out(anonymous, barista, latte):
    for option in (latte.oat, latte.soy):
        barista.post(URL, {"option": option.pk})

    assert shown(anonymous, latte) == (True, [False, False])
