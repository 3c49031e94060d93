from datetime import date, time, timedelta

import pytest
from django.test import Client

from products.hours import week_in_words
from products.models import Branch, BranchHours
from products.tests.adminforms import form_of, list_form_of, submit
from products.tests.factories import BranchFactory, BranchHoursFactory, BranchSpecialDayFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/products/branch/add/"


@pytest.fixture
def office(admin_user, branch) -> Client:
    browser = Client()
    browser.force_login(admin_user)
    return browser


def add(office: Client, **values):
    return submit(office, ADD, name="Mitte", slug="mitte", timezone="Europe/Berlin", **values)


def page_of(branch: Branch) -> str:
    return f"/admin/products/branch/{branch.pk}/change/"


def hours_of(branch: Branch) -> set[tuple]:
    return set(branch.hours.values_list("weekday", "opens", "closes"))


def test_new_branch_is_open_the_same_every_day(office):
    response = add(office, every_day_opens="07:00", every_day_closes="20:00")

    assert response.status_code == 302
    assert hours_of(Branch.objects.get(slug="mitte")) == {(day, time(7), time(20)) for day in range(7)}


def test_new_branch_takes_hours_and_special_days_of_another(office):
    other, tomorrow = BranchFactory(), date.today() + timedelta(days=1)
    BranchHoursFactory(branch=other, weekday=5, opens="10:00", closes="18:00")
    BranchSpecialDayFactory(branch=other, date=tomorrow)
    BranchSpecialDayFactory(branch=other, date="2020-01-01")

    add(office, hours_of=other.pk)

    branch = Branch.objects.get(slug="mitte")
    assert hours_of(branch) == {(5, time(10), time(18))}
    assert [day.date for day in branch.special_days.all()] == [tomorrow]


def test_new_branch_is_never_silently_always_open(office):
    refused = add(office)
    taken = add(office, is_always_open="on")

    assert "When is it open?" in refused.content.decode()
    assert (taken.status_code, BranchHours.objects.count()) == (302, 0)


def test_time_zone_of_a_new_branch_is_asked_for(office, branch):
    unknown = form_of(office.get(ADD))["timezone"]
    Branch.objects.filter(pk=branch.pk).update(timezone="Asia/Tokyo")

    assert (unknown, form_of(office.get(ADD))["timezone"]) == ("", "Asia/Tokyo")


def test_new_branch_takes_the_shops_time_zone(admin_client, branch):
    Branch.objects.filter(pk=branch.pk).update(timezone="Asia/Tokyo")

    created = admin_client.post("/api/branches/", {"slug": "new", "name": "New"}).json()

    assert created["timezone"] == "Asia/Tokyo"


def test_new_branch_comes_with_rows_of_hours(office):
    rows = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0-weekday": 2, "0-opens": "07:00", "0-closes": "20:00"}

    response = add(office, **{f"hours-{name}": rows[name] for name in rows})

    assert response.status_code == 302
    assert hours_of(Branch.objects.get(slug="mitte")) == {(2, time(7), time(20))}


@pytest.mark.parametrize(
    "values",
    [
        {"every_day_opens": "07:00"},
        {"every_day_opens": "07:00", "every_day_closes": "20:00", "is_always_open": "on"},
        {"every_day_opens": "x", "every_day_closes": "20:00"},
        {"hours_of": "x"},
    ],
)
def test_hours_at_one_go_are_refused_when_invalid(office, values):
    response = add(office, **values)

    assert response.status_code == 200
    assert not Branch.objects.filter(slug="mitte").exists()


def test_hours_at_one_go_replace_the_table(office, branch):
    BranchHoursFactory(branch=branch, weekday=0, opens="08:00", closes="12:00")

    submit(office, page_of(branch), every_day_opens="22:00", every_day_closes="02:00")

    assert hours_of(branch) == {(day, time(22), time(2)) for day in range(7)}


def test_branch_that_was_always_open_gets_hours(office, branch):
    always = submit(office, page_of(branch), address="Here")
    submit(office, page_of(branch), every_day_opens="07:00", every_day_closes="20:00")

    assert always.status_code == 302
    assert branch.hours.count() == 7


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([], "always open"),
        ([(day, 7, 20) for day in range(7)], "every day 07:00–20:00"),
        ([*((day, 7, 20) for day in range(5)), (5, 9, 18)], "Mon–Fri 07:00–20:00; Sat 09:00–18:00"),
        ([(2, 7, 12), (2, 14, 20)], "Wed 07:00–12:00, 14:00–20:00"),
    ],
)
def test_week_is_said_in_words(hours, words):
    rows = [BranchHours(weekday=day, opens=time(opens), closes=time(closes)) for day, opens, closes in hours]

    assert week_in_words(rows) == words


def test_list_of_branches_is_saved_without_their_hours(office, branch):
    BranchHoursFactory(branch=branch, weekday=5, opens="10:00", closes="18:00")
    page = "/admin/products/branch/"
    fields = list_form_of(office.get(page))
    fields.pop("form-0-is_active")

    assert office.post(page, fields).status_code == 302

    branch.refresh_from_db()
    assert (branch.is_active, branch.hours.count()) == (False, 1)
