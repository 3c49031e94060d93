from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import Branch
from products.tests.factories import BranchFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user) -> Client:
    office = Client(raise_request_exception=False)
    office.force_login(admin_user)
    return office


def test_page_shows_today_beside_a_week_ago(office, branch):
    OrderFactory(status=Status.COMPLETED, product=ProductFactory(price="7.77", name="<b>Latte"))

    page = office.get("/admin/reports/")

    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("7.77") >= 4  # of the day, of an hour, of the month, of the product
    assert "&lt;b&gt;Latte" in text
    assert "style=" not in text


@pytest.mark.parametrize("query", ["day=2026-02-30", "day=0001-01-01", "day=9999-12-31", "branch=x", "branch=999"])
def test_page_answers_nonsense_with_words(office, branch, query):
    page = office.get(f"/admin/reports/?{query}")

    assert page.status_code == 200
    assert b"errorlist" in page.content


def test_page_of_one_branch_leaves_others_out(office, branch):
    OrderFactory(status=Status.COMPLETED, product=ProductFactory(price="7.77"))

    page = office.get(f"/admin/reports/?branch={BranchFactory().pk}")

    assert b"7.77" not in page.content


def test_first_page_says_what_waits_and_what_today_brought(office, branch):
    OrderFactory()
    OrderFactory(status=Status.COMPLETED, product=ProductFactory(price="7.77"))

    page = office.get("/admin/")

    assert [one["number"] for one in page.context["waiting"]] == [1, 0, 0, 0]
    assert page.context["today"]["this"]["orders"] == 1
    assert b"7.77" in page.content


def test_first_page_leads_to_yesterday_by_the_shops_clock(office, branch):
    Branch.objects.filter(pk=branch.pk).update(timezone="Pacific/Kiritimati")
    yesterday = (timezone.now().astimezone(ZoneInfo("Pacific/Kiritimati")) - timedelta(days=1)).date()

    page = office.get("/admin/").content.decode()

    assert f"/admin/reports/?day={yesterday.isoformat()}" in page
