import pytest

from conftest import client_of
from products.models import BranchProduct, BranchStaff, Position, StockMovement
from products.tests.factories import BranchFactory, BranchProductFactory, BranchStaffFactory, ProductFactory
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

MONDAY = {"weekday": 0, "opens": "08:00:00", "closes": "18:00:00"}


@pytest.fixture
def manager(branch):
    return client_of(BranchStaffFactory(branch=branch, position=Position.MANAGER, user__username="maria").user)


@pytest.fixture
def barista(branch):
    return client_of(BranchStaffFactory(branch=branch, user__username="boris").user)


def test_mine_lists_branches_and_positions(branch):
    held = BranchStaffFactory(branch=branch, position=Position.MANAGER)
    BranchStaffFactory(branch=BranchFactory(slug="corner", name="Corner"), user=held.user)
    BranchFactory()

    seen = client_of(held.user).get("/api/branches/mine/").json()

    assert seen == [
        {"branch": "main", "name": "CoffeeShop", "position": "manager"},
        {"branch": "corner", "name": "Corner", "position": "barista"},
    ]


def test_mine_names_branches_in_the_readers_language(branch, admin_client):
    branch.translations = {"ru": {"name": "Кофейня"}}
    branch.save()
    barista = client_of(BranchStaffFactory(branch=branch).user)

    seen = [asker.get("/api/branches/mine/", HTTP_ACCEPT_LANGUAGE="ru").json() for asker in (barista, admin_client)]

    assert [rows[0]["name"] for rows in seen] == ["Кофейня", "Кофейня"]


def test_mine_is_every_branch_for_administrators(admin_client, branch):
    corner = BranchFactory()

    seen = admin_client.get("/api/branches/mine/").json()

    assert {row["branch"] for row in seen} == {"main", corner.slug}
    assert {row["position"] for row in seen} == {"manager"}


def test_mine_is_everybodys_own(client, barista, manager):
    answers = [asker.get("/api/branches/mine/").json() for asker in (barista, manager, client, barista)]

    assert [[row["position"] for row in answer] for answer in answers] == [["barista"], ["manager"], [], ["barista"]]


def test_manager_adds_and_removes_a_barista(manager, branch):
    UserFactory(username="Оля")

    added = manager.post("/api/branches/main/staff/", {"username": "оля", "position": "barista"})
    listed = manager.get("/api/branches/main/staff/").json()["results"]
    removed = manager.delete(f"/api/branches/main/staff/{added.json()['id']}/")

    assert added.status_code == 201
    assert (added.json()["user"]["username"], added.json()["position"]) == ("Оля", "barista")
    assert listed == [added.json()]
    assert removed.status_code == 204
    assert not BranchStaff.objects.filter(user__username="Оля").exists()


def test_manager_has_no_say_about_managers(manager, branch):
    other = BranchStaffFactory(branch=branch, position=Position.MANAGER)
    barista = BranchStaffFactory(branch=branch)
    UserFactory(username="newcomer")

    answers = [
        manager.post("/api/branches/main/staff/", {"username": "newcomer", "position": "manager"}),
        manager.patch(f"/api/branches/main/staff/{barista.pk}/", {"position": "manager"}),
        manager.patch(f"/api/branches/main/staff/{other.pk}/", {"position": "barista"}),
        manager.delete(f"/api/branches/main/staff/{other.pk}/"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404, 404]


def test_administrator_makes_a_barista_manager(admin_client, branch):
    row = BranchStaffFactory(branch=branch)

    answers = [admin_client.patch(f"/api/branches/main/staff/{row.pk}/", {"position": "manager"}) for _ in range(2)]

    row.refresh_from_db()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert row.position == Position.MANAGER


def test_row_of_another_branch_is_not_there(admin_client, branch):
    row = BranchStaffFactory()

    assert admin_client.delete(f"/api/branches/main/staff/{row.pk}/").status_code == 404


def test_second_position_at_a_branch_is_a_conflict(admin_client, branch):
    row = BranchStaffFactory(branch=branch)

    answer = admin_client.post("/api/branches/main/staff/", {"username": row.user.username, "position": "manager"})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_staff")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "nobody", "position": "barista"}, "username"),
        ({"username": "blocked", "position": "barista"}, "username"),
        ({"username": "blocked@example.com", "position": "barista"}, "username"),
        ({"username": 5, "position": "barista"}, "username"),
        ({"username": "boss", "position": "owner"}, "position"),
        ({"username": "boss"}, "position"),
    ],
)
def test_staff_that_cannot_be_is_refused_by_field(admin_client, branch, body, field):
    UserFactory(username="blocked", is_active=False)

    answer = admin_client.post("/api/branches/main/staff/", body)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_staff_is_listed_in_three_queries(admin_client, branch, django_assert_num_queries):
    BranchStaffFactory.create_batch(5, branch=branch)

    with django_assert_num_queries(4):  # the caller, the branch, the count, the page
        admin_client.get("/api/branches/main/staff/")


def test_lost_position_is_lost_with_the_next_request(barista, branch):
    BranchProductFactory(branch=branch)
    before = barista.get("/api/branch-products/").status_code

    BranchStaff.objects.all().delete()

    assert (before, barista.get("/api/branch-products/").status_code) == (200, 403)


def test_manager_sets_the_hours_of_the_branch(manager, anonymous, branch):
    answer = manager.put("/api/branches/main/hours/", {"hours": [MONDAY]})

    assert answer.status_code == 200
    assert answer.json()["hours"] == [MONDAY]
    assert manager.get("/api/branches/main/hours/").json() == answer.json()
    assert anonymous.get("/api/branches/main/").json()["hours"] == [MONDAY]


@pytest.mark.parametrize(
    "body", [{}, {"hours": None}, {"hours": [MONDAY, MONDAY]}, {"hours": [{**MONDAY, "weekday": 7}]}, {"hours": MONDAY}]
)
def test_hours_that_make_no_sense_are_refused(manager, branch, body):
    answer = manager.put("/api/branches/main/hours/", body)

    assert answer.status_code == 400
    assert list(answer.json()) == ["hours"]


def test_manager_of_another_branch_sets_no_hours(branch):
    elsewhere = client_of(BranchStaffFactory(position=Position.MANAGER).user)

    assert elsewhere.put("/api/branches/main/hours/", {"hours": []}).status_code == 403
    assert elsewhere.put("/api/branches/nowhere/hours/", {"hours": []}).status_code == 404


def test_manager_sets_price_listing_and_stock_here(manager, branch):
    row = BranchProductFactory(branch=branch, stock=3)

    answer = manager.patch(f"/api/branch-products/{row.pk}/", {"price": "3.00", "is_listed": False, "stock": 9})

    assert answer.status_code == 200
    assert (answer.json()["price"], answer.json()["is_listed"], answer.json()["stock"]) == ("3.00", False, 9)


def test_manager_sees_and_makes_own_branch_rows_only(manager, branch):
    own, other = BranchProductFactory(branch=branch), BranchProductFactory(branch=BranchFactory(slug="corner"))
    product = ProductFactory()

    listed = manager.get("/api/branch-products/").json()["results"]
    made = manager.post("/api/branch-products/", {"branch": "main", "product": product.pk, "price": "1.00"})
    refused = manager.post("/api/branch-products/", {"branch": "corner", "product": product.pk, "price": "1.00"})
    absent = manager.patch(f"/api/branch-products/{other.pk}/", {"price": "1.00"})

    assert [row["id"] for row in listed] == [own.pk]
    assert (made.status_code, refused.status_code, absent.status_code) == (201, 403, 404)


def test_barista_books_what_comes_and_goes_but_corrects_nothing(barista, branch):
    row = BranchProductFactory(branch=branch, stock=3)
    url = f"/api/branch-products/{row.pk}/stock/"

    booked = [
        barista.post(url, {"change": 12, "reason": "delivered"}),
        barista.post(url, {"change": -1, "reason": "wasted"}),
    ]
    refused = [
        barista.post(url, {"change": 1, "reason": "corrected"}),
        barista.patch(f"/api/branch-products/{row.pk}/", {"stock": 5}),
        barista.post("/api/branch-products/", {"branch": "main", "product": ProductFactory().pk}),
        barista.delete(f"/api/branch-products/{row.pk}/"),
    ]

    assert [answer.status_code for answer in booked] == [200, 200]
    assert [answer.status_code for answer in refused] == [403] * 4
    assert BranchProduct.objects.get(pk=row.pk).stock == 14
    assert StockMovement.objects.filter(by__username="boris").count() == 2


def test_barista_here_cannot_write_rows_although_manager_elsewhere(branch):
    held = BranchStaffFactory(branch=branch)
    BranchStaffFactory(user=held.user, position=Position.MANAGER)
    row = BranchProductFactory(branch=branch)

    assert client_of(held.user).patch(f"/api/branch-products/{row.pk}/", {"price": "1.00"}).status_code == 403


def test_no_branch_hides_behind_a_route(admin_client, branch):
    made = admin_client.post("/api/branches/", {"name": "Mine"}).json()
    refused = admin_client.post("/api/branches/", {"name": "Corner", "slug": "mine"})

    assert made["slug"] == "mine-2"
    assert (refused.status_code, list(refused.json())) == (400, ["slug"])
