import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from django.db.models import F
from django.utils import timezone
from openpyxl import load_workbook

from conftest import client_of
from orders.integrity import problems
from orders.models import DaySum, Order, OrderEvent
from orders.reports.booking import rebuild_sums
from orders.services import change_status
from orders.statuses import Status
from orders.tests.factories import OrderFactory
from products.models import Position, Product
from products.tests.factories import BranchFactory, BranchHoursFactory, BranchStaffFactory, ProductFactory
from rest.tests.races import in_parallel
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db

SALES, SERVICE = "/api/reports/sales/", "/api/reports/service/"
# 2026-11-23T09:30Z is half past eleven in the evening at UTC+14; half an hour later it is the 24th there.
EVENING, NIGHT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PRICES = ["3.33", "0.01", "7.10"]


def completed(at: datetime, minutes: int = 4, **values) -> Order:
    order = OrderFactory(status=Status.READY, **values)
    promised = at + timedelta(minutes=5)
    day = at.astimezone(order.branch.tz).date()
    Order.objects.filter(pk=order.pk).update(created_at=at, business_day=day, first_promised_at=promised)
    OrderEvent.objects.filter(order=order, status="ready").update(at=at + timedelta(minutes=minutes))
    return change_status(order_id=order.pk, to=Status.COMPLETED, by=AdminFactory())


@pytest.fixture
def far_branch(branch):
    branch.timezone = "Pacific/Kiritimati"
    branch.save()
    return branch


@pytest.fixture
def sold(far_branch) -> list[Order]:
    orders = [completed(EVENING, product=ProductFactory(price=price), quantity=3) for price in PRICES[:2]]
    orders.append(completed(NIGHT, minutes=9, product=ProductFactory(price=PRICES[2], name="=cmd()")))
    OrderFactory(status=Status.READY)  # not sold yet
    OrderFactory(status=Status.CANCELLED)
    return orders


@pytest.fixture
def two_days(sold):
    return {"from": "2026-11-23", "to": "2026-11-24"}


def rows(client, by: str, **parameters) -> dict:
    answer = client.get(SALES, {"by": by, **parameters}).json()
    return {row["key"]: (row["orders"], row["cups"], row["net"]) for row in answer["rows"]}


def test_days_and_hours_are_those_of_the_branch(admin_client, two_days):
    assert rows(admin_client, "day", **two_days) == {"2026-11-23": (2, 6, "10.02"), "2026-11-24": (1, 1, "7.10")}
    assert rows(admin_client, "hour", **two_days) == {"00": (1, 1, "7.10"), "23": (2, 6, "10.02")}


def open_since_yesterday(branch) -> date:
    """Opens every day in an hour and closes half an hour before that; returns the day on which it opened last."""
    now = timezone.now()
    branch.timezone = "UTC" if now.hour < 12 else "Etc/GMT+12"  # where it is morning
    branch.save()
    local = now.astimezone(branch.tz)
    opens, closes = ((local + timedelta(minutes=minutes)).time() for minutes in (60, 30))
    for weekday in range(7):
        BranchHoursFactory(branch=branch, weekday=weekday, opens=opens, closes=closes)
    return local.date() - timedelta(days=1)


@pytest.mark.parametrize("query", [{}, {"branch": "main"}])
def test_today_is_the_business_day_that_goes_on(admin_client, branch, query):
    day = open_since_yesterday(branch)

    answers = [admin_client.get(address, query).json() for address in (SALES, SERVICE)]

    assert [(answer["from"], answer["to"]) for answer in answers] == [(day.isoformat(), day.isoformat())] * 2


def test_today_of_all_branches_is_the_default_ones(admin_client, far_branch):
    BranchFactory()

    answer = admin_client.get(SALES).json()

    assert answer["to"] == timezone.now().astimezone(far_branch.tz).date().isoformat()


@pytest.mark.parametrize("by", ["day", "hour", "branch", "product", "category", "channel"])
def test_rows_and_totals_equal_the_orders_to_the_cent(admin_client, sold, two_days, by):
    answer = admin_client.get(SALES, {"by": by, **two_days}).json()

    net = sum(order.total_price for order in sold)
    assert Decimal(answer["totals"]["net"]) == net == sum(Decimal(row["net"]) for row in answer["rows"])
    assert answer["totals"]["orders"] == 3
    assert answer["totals"]["average"] == "5.71"
    assert list(problems()) == []


def test_days_and_hours_stay_in_their_order(admin_client, far_branch, two_days):
    completed(NIGHT, product=ProductFactory(price="99.00"))

    for by, keys in (("day", ["2026-11-23", "2026-11-24"]), ("hour", ["00", "23"])):
        rows = admin_client.get(SALES, {"by": by, **two_days}).json()["rows"]

        assert [row["key"] for row in rows] == keys


def test_products_come_by_what_they_brought(admin_client, two_days):
    rows = admin_client.get(SALES, {"by": "product", **two_days}).json()["rows"]

    assert [row["net"] for row in rows] == ["9.99", "7.10", "0.03"]


def test_discount_is_between_gross_and_net(admin_client, far_branch):
    order = OrderFactory(status=Status.READY, product=ProductFactory(price="5.00"), quantity=2)
    taken = [{"kind": "promo", "code": "X", "amount": "1.01", "detail": "10 %"}]
    Order.objects.filter(pk=order.pk).update(total_price="8.99", discounts=taken, business_day="2026-11-23")
    order.items.update(discount="1.01")

    change_status(order_id=order.pk, to=Status.COMPLETED, by=AdminFactory())

    for by in ("day", "product", "category"):
        row = admin_client.get(SALES, {"by": by, "from": "2026-11-23", "to": "2026-11-23"}).json()["rows"][0]
        assert (row["gross"], row["discounts"], row["net"]) == ("10.00", "1.01", "8.99"), by


def test_service_counts_promises_minutes_and_trouble(admin_client, two_days):
    day = datetime(2026, 11, 24, tzinfo=UTC).date()
    Order.objects.filter(status=Status.CANCELLED).update(
        business_day=day, cancel_reason="not_accepted", unseen_told_at=timezone.now()
    )
    Order.objects.filter(status=Status.READY).update(business_day=day, missing_at=timezone.now())

    answer = admin_client.get(SERVICE, two_days).json()

    assert (answer["promised"], answer["ready_by_promise"], answer["ready_by_promise_percent"]) == (3, 2, "66.7")
    assert (answer["median_minutes"], answer["p90_minutes"]) == (4, 9)
    assert (answer["cancelled"], answer["not_seen_in_time"], answer["missing"]) == (1, 1, 1)
    assert [(row["reason"], row["orders"]) for row in answer["cancellations"]] == [("not_accepted", 1)]


def day_sums(branch, kind: str, **orders: int) -> None:
    """As completed orders leave them: how many for each key."""
    DaySum.objects.bulk_create(
        DaySum(branch=branch, business_day="2026-11-23", kind=kind, key=key.strip("_"), orders=number)
        for key, number in orders.items()
    )


@pytest.mark.parametrize(
    ("minutes", "median", "ninth"),
    [
        ({f"_{number}": 1 for number in range(1, 11)}, 5, 9),  # by the nearest rank
        ({f"_{number}": 1 for number in range(1, 12)}, 6, 10),
        ({"_2": 9, "_30": 1}, 2, 2),
        ({"_2": 8, "_30": 2}, 2, 30),
        ({"_9": 1, "_10": 1}, 9, 10),  # numbers, and no texts
        ({}, None, None),
    ],
)
def test_nine_in_ten_were_ready_within_the_percentile(admin_client, branch, minutes, median, ninth):
    day_sums(branch, "minutes", **minutes)

    answer = admin_client.get(SERVICE, {"from": "2026-11-23", "to": "2026-11-23"}).json()

    assert (answer["median_minutes"], answer["p90_minutes"]) == (median, ninth)


@pytest.mark.parametrize(
    ("sums", "share", "text"),
    [({"kept": 1, "broken": 2}, "33.3", "33.3"), ({"kept": 3}, "100.0", "100.0"), ({}, None, "")],
)
def test_share_of_kept_promises_has_one_decimal(admin_client, branch, sums, share, text):
    day_sums(branch, "promise", **sums)
    asked = {"from": "2026-11-23", "to": "2026-11-23"}

    answer = admin_client.get(SERVICE, asked).json()
    file = admin_client.get(SERVICE, {**asked, "export": "csv"}).content.decode()

    assert (answer["promised"], answer["ready_by_promise_percent"]) == (sum(sums.values()), share)
    assert f"ready_by_promise_percent,{text}\r\n" in file


def test_sums_made_anew_are_the_same(sold):
    Product.objects.filter(pk=sold[0].items.get().product_id).update(name="Renamed")
    completed(EVENING, product=Product.objects.get(name="Renamed"))

    def sums() -> set:
        return set(DaySum.objects.values_list(*(field.name for field in DaySum._meta.fields if field.name != "id")))

    kept = sums()

    assert (rebuild_sums(), sums()) == (4, kept)


@pytest.mark.parametrize("kind", DaySum.Kind.values)
def test_sum_that_differs_is_named(sold, kind):
    DaySum.objects.filter(kind=kind).order_by("pk").last().delete()

    assert any(f"the {kind} sums of branch" in problem for problem in problems())


@pytest.mark.parametrize("kind", ["minutes", "promise"])
def test_count_that_differs_is_named(sold, kind):
    DaySum.objects.filter(kind=kind).update(orders=F("orders") + 1)

    assert any(f"the {kind} sums of branch" in problem for problem in problems())


def test_minutes_of_no_order_are_named(sold):
    DaySum.objects.create(branch=sold[0].branch, business_day="2026-11-24", kind="minutes", key="77", orders=1)

    assert [problem for problem in problems() if "77" in problem]


def test_manager_gets_the_own_branch_and_no_other(far_branch, sold, two_days):
    other = BranchFactory()
    manager = client_of(BranchStaffFactory(branch=other, position=Position.MANAGER).user)

    assert rows(manager, "day", **two_days) == {}
    for slug, status in ((other.slug, 200), (far_branch.slug, 403), ("nowhere", 404)):
        assert manager.get(SALES, {"branch": slug}).status_code == status, slug
        assert manager.get(SERVICE, {"branch": slug}).status_code == status, slug


@pytest.mark.parametrize(
    "parameters",
    [
        *({"from": "2026-02-30"}, {"to": "20261123"}, {"to": "2026-W01-1"}, {"from": ""}, {"to": "0000-01-01"}),
        *({"from": "2026-11-24", "to": "2026-11-23"}, {"from": "1926-01-01", "to": "2026-01-01"}),
        *({"by": "user"}, {"by": ""}, {"export": "pdf"}, {"branch": ""}, {"from": ["2026-01-01", "2026-01-02"]}),
    ],
)
def test_bad_period_is_refused(admin_client, parameters):
    response = admin_client.get(SALES, parameters)

    assert response.status_code == 400
    assert set(response.json()) <= {"from", "to", "by", "export", "branch"}


def test_day_on_which_clocks_change_counts_once(admin_client, branch):
    branch.timezone = "Europe/Berlin"
    branch.save()
    for hour in (0, 1):  # both are half past two there
        completed(datetime(2026, 10, 25, hour, 30, tzinfo=UTC))

    found = rows(admin_client, "hour", **{"from": "2026-10-25", "to": "2026-10-25"})

    assert {key: row[0] for key, row in found.items()} == {"02": 2}


def test_exports_have_no_formulas(admin_client, two_days):
    asked = {"by": "product", **two_days}

    table = list(csv.reader(StringIO(admin_client.get(SALES, {**asked, "export": "csv"}).content.decode("utf-8-sig"))))
    book = load_workbook(BytesIO(admin_client.get(SALES, {**asked, "export": "xlsx"}).content))

    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert "'=cmd()" in {row[1] for row in table}
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert table[-1][0] == "total"
    assert admin_client.get(SERVICE, {**two_days, "export": "csv"}).status_code == 200


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_reason_is_no_formula_wherever_lines_are_split(client, user, admin_client, branch, separator):
    for reason in (f"x{separator}=1+1", f"x{separator} @SUM(1)", f'x{separator}"=1+1"', f"x{separator}＝1+1"):
        order = OrderFactory(user=user)
        client.patch(f"/api/orders/{order.pk}/", {"status": "cancelled", "cancel_reason": reason})

    text = admin_client.get(SERVICE, {"export": "csv"}).content.decode("utf-8-sig")

    cells = [cell for row in csv.reader(StringIO(text), delimiter=separator) for cell in row]
    assert sum("1+1" in cell for cell in cells) == 3
    assert not [cell for cell in cells if cell.strip(' "').startswith(("=", "@", "＝"))]


@pytest.mark.parametrize(("path", "first"), [(SALES, "day"), (SERVICE, "figure")])
def test_both_kinds_of_file_hold_the_same(admin_client, two_days, path, first):
    text = admin_client.get(path, {**two_days, "export": "csv"}).content.decode("utf-8-sig")
    book = load_workbook(BytesIO(admin_client.get(path, {**two_days, "export": "xlsx"}).content))

    lines = [[cell for cell in row if cell] for row in csv.reader(StringIO(text))]
    cells = [[cell for cell in row if cell is not None] for row in book.active.values]
    assert lines[0][0] == cells[0][0] == first
    assert [[value if isinstance(value, str) else float(value) for value in row] for row in cells] == [
        [float(text) if isinstance(value, int | float) else text for text, value in zip(line, row, strict=True)]
        for line, row in zip(lines, cells, strict=True)
    ]
    assert path == SALES or ["from", "2026-11-23"] in cells


def test_month_takes_a_pinned_number_of_queries(admin_client, two_days, django_assert_num_queries):
    with django_assert_num_queries(5):
        admin_client.get(SALES, {"by": "product", **two_days})


@pytest.mark.django_db(transaction=True)
def test_orders_completed_at_once_are_all_counted(branch):
    orders = [OrderFactory(status=Status.READY) for _ in range(6)]
    boss = AdminFactory()

    in_parallel([lambda pk=order.pk: change_status(order_id=pk, to=Status.COMPLETED, by=boss) for order in orders])

    assert sum(DaySum.objects.filter(kind="channel").values_list("orders", flat=True)) == 6
    assert list(problems()) == []
