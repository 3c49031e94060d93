import pytest

from products.tests.factories import CategoryFactory
from promotions.models import StampProgramme
from promotions.services import Cups, complete_order
from promotions.tests.factories import begin_programme

pytestmark = pytest.mark.django_db
URL = "/api/stamps/programme/"


def test_everybody_reads_the_programme_and_administrators_change_it(anonymous, client, admin_client):
    category = CategoryFactory()
    change = {"is_active": True, "stamps_needed": 5, "categories": [category.pk], "max_price": "6.00"}

    before = anonymous.get(URL).json()
    refused = [caller.patch(URL, change).status_code for caller in (anonymous, client)]
    changed = [admin_client.patch(URL, change) for _ in range(2)]

    assert before == {"is_active": False, "stamps_needed": 10, "categories": [], "max_price": None}
    assert refused == [401, 403]
    assert [answer.status_code for answer in changed] == [200, 200]
    assert changed[1].json() == client.get(URL).json() == change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_active", "yes"), ("is_active", None), ("stamps_needed", 0), ("stamps_needed", -1), ("stamps_needed", 101),
        ("stamps_needed", "5"), ("stamps_needed", True), ("stamps_needed", None), ("categories", [0]),
        ("categories", None), ("categories", 1), ("max_price", "-1.00"), ("max_price", 5), ("max_price", "x"),
    ],
)  # fmt: skip
def test_nonsense_is_named_and_changes_nothing(admin_client, field, value):
    response = admin_client.patch(URL, {field: value})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert StampProgramme.objects.current().stamps_needed == 10


def test_card_shows_what_is_earned_and_turned_into_rewards(client, user):
    begin_programme(stamps_needed=3)

    complete_order(order_id=1, user_id=user.pk, cups=[Cups(1, 5)])

    shown = client.get("/api/stamps/").json()
    assert (shown["stamps"], shown["needed"], shown["rewards"]) == (2, 3, 1)
    entries = [(entry["kind"], entry["stamps"], entry["rewards"], entry["order"]) for entry in shown["entries"]]
    assert entries == [("exchanged", -3, 1, 1), ("earned", 5, 0, 1)]


def test_card_of_who_bought_nothing_is_empty(client):
    begin_programme(stamps_needed=7)

    assert client.get("/api/stamps/").json() == {"stamps": 0, "needed": 7, "rewards": 0, "entries": []}


def test_cups_outside_of_the_categories_earn_nothing(client, user):
    coffee, cake = CategoryFactory.create_batch(2)
    begin_programme(categories=[coffee])

    complete_order(order_id=1, user_id=user.pk, cups=[Cups(coffee.pk, 1), Cups(cake.pk, 1), Cups(None, 1)])

    assert client.get("/api/stamps/").json()["stamps"] == 1


@pytest.mark.parametrize(("then", "needed"), [(10, 3), (2, 3)])
def test_card_that_is_begun_keeps_its_rule(client, user, then, needed):
    begin_programme(stamps_needed=3)
    complete_order(order_id=1, user_id=user.pk, cups=[Cups(1, 2)])
    begin_programme(stamps_needed=then)

    running = client.get("/api/stamps/").json()
    complete_order(order_id=2, user_id=user.pk, cups=[Cups(1, 2)])
    next_one = client.get("/api/stamps/").json()

    assert (running["stamps"], running["needed"], running["rewards"]) == (2, needed, 0)
    assert (next_one["stamps"], next_one["needed"], next_one["rewards"]) == (1, then, 1)


def test_programme_that_is_off_earns_nothing_and_takes_nothing(client, user):
    begin_programme(stamps_needed=3)
    complete_order(order_id=1, user_id=user.pk, cups=[Cups(1, 4)])
    begin_programme(is_active=False)

    complete_order(order_id=2, user_id=user.pk, cups=[Cups(1, 4)])

    shown = client.get("/api/stamps/").json()
    assert (shown["stamps"], shown["rewards"]) == (1, 1)
