"""What is typed into the back office's addresses tells nobody more than its pages do, and never fails."""

import unicodedata
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client

from CoffeeShop.tests.nasty import chosen
from orders.tests.factories import OrderFactory
from products.models import Category
from rest.tests.races import in_parallel
from users.backoffice import BackOfficeAdmin
from users.tests.factories import AdminFactory

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label != "auth"]
LISTS = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in MODELS]
VALUES = [
    "",
    "\0",
    "a\0b",
    "-1",
    "0",
    "10000",
    "1e5",
    "9" * 30,
    "x",
    "٣",
    "None",
    "True",
    "2026-13-45",
    "%",
    "'",
    "a,b",
]


@pytest.fixture
def office(branch):
    browser = Client(raise_request_exception=False)
    browser.force_login(AdminFactory(username="boss"))
    return browser


def test_every_page_of_ours_is_made_of_the_same():
    assert [
        type(page).__name__ for page in admin.site._registry.values() if not isinstance(page, BackOfficeAdmin)
    ] == []


@pytest.mark.parametrize("url", LISTS)
def test_odd_values_in_an_address_are_no_failure(office, user, branch, url, record_property):
    OrderFactory(user=user, branch=branch)
    page = admin.site._registry[MODELS[LISTS.index(url)]]
    filters = [path[0] if isinstance(path, tuple) else path for path in page.list_filter]
    suffixes = ("exact", "isnull", "isempty", "gte", "lt", "id__exact", "in", "year")
    names = [f"{path}__{suffix}" for path in filters for suffix in suffixes]
    if page.date_hierarchy:
        names += [f"{page.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte", "week_day")]
    names += [
        "q",
        "o",
        "p",
        "all",
        "e",
        "_popup",
        "_to_field",
        "_facets",
        "nonsense",
        "nonsense__x",
        "pk__in",
        "id",
        "\0",
    ]

    asked = chosen([(name, value) for name in names for value in VALUES], seed=url, count=25)
    statuses = {key: office.get(f"{url}?{quote(key[0])}={quote(key[1])}").status_code for key in asked}

    record_property("nasty", {"back office addresses": len(asked)})
    assert {key for key, status in statuses.items() if status >= 500} == set()


ODD = [
    "status__exact=%00", "created_at__year=-1", "created_at__year=9999", "created_at__year=2026&created_at__day=31",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
def test_odd_dates_and_statuses_of_orders_are_no_failure(office, user, branch, query):
    OrderFactory(user=user, branch=branch)

    assert office.get(f"/admin/orders/order/?{query}").status_code in {200, 302, 400}


@pytest.mark.parametrize(
    "query",
    [
        "password__startswith=argon2", "password__regex=.", "password__exact=x", "session_epoch__gt=0",
        "last_login__isnull=False", "role__startswith=a", "user__password__startswith=a", "id__in=1,2", "pk=1",
    ],
)  # fmt: skip
def test_columns_that_no_list_offers_cannot_be_asked_for(office, query):
    for url in ("/admin/users/customuser/", "/admin/orders/order/", "/admin/cart/cartitem/"):
        assert office.get(f"{url}?{query}").status_code == 400


def test_filters_and_dates_of_the_lists_still_work(office, user, branch):
    order = OrderFactory(user=user, branch=branch)
    url, placed = "/admin/orders/order/", order.created_at
    queries = [
        "status__exact=pending", f"branch__id__exact={branch.pk}", "created_at__gte=2020-01-01+00:00:00%2B00:00", "q=x",
        f"created_at__year={placed.year}", f"created_at__year={placed.year}&created_at__month={placed.month}",
    ]  # fmt: skip

    assert [office.get(f"{url}?{query}").status_code for query in queries] == [200] * len(queries)


@pytest.mark.parametrize("url", LISTS)
def test_search_of_very_many_words_is_refused_in_words(office, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        response = office.get(f"{url}?q={'a+' * 2000}")

    page = admin.site._registry[MODELS[LISTS.index(url)]]
    assert response.status_code == 200
    assert ("Search for at most 10 words." in response.content.decode()) == bool(page.search_fields)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_search_finds_composed_and_decomposed_in_either_case(office, form):
    page = "/admin/products/category/"
    office.post(f"{page}add/", {"name": unicodedata.normalize(form, "Чай чёрный"), "slug": "tea", "position": 1})

    found = [office.get(page, {"q": unicodedata.normalize(kind, "ЧЁРНЫЙ чай")}) for kind in ("NFC", "NFD")]

    assert [[row.slug for row in one.context["cl"].result_list] for one in found] == [["tea"], ["tea"]]


@pytest.mark.parametrize("number", ["1_0", "٣", "1e1"])
def test_numbers_are_read_as_the_api_reads_them(office, number):
    page = office.post("/admin/products/category/add/", {"name": "Tea", "slug": "tea", "position": number})

    assert page.context["adminform"].form.errors == {"position": ["Enter a whole number."]}


@pytest.mark.parametrize("term", ["%00", "a%00", "x" * 5000, "a+" * 2000, "%FF"])
def test_odd_terms_of_autocomplete_are_no_failure(office, term):
    where = "app_label=products&model_name=branchproduct&field_name=product"

    assert office.get(f"/admin/autocomplete/?term={term}&{where}").status_code in {200, 400}


@pytest.mark.parametrize("selected", ["abc", "\0", "-1", "9" * 30, ""])
def test_odd_rows_of_an_action_are_no_failure(office, selected):
    for url, action in (("/admin/products/product/", "unlist"), ("/admin/orders/order/", "accept")):
        body = {"action": action, "_selected_action": [selected], "post": "yes"}

        assert office.post(url, body).status_code < 500


@pytest.mark.django_db(transaction=True)
def test_double_click_on_add_makes_one_and_no_failure(branch):
    boss = AdminFactory()
    browsers = [Client(raise_request_exception=False) for _ in range(4)]
    for browser in browsers:
        browser.force_login(boss)
    form = {"name": "Tea", "slug": "tea", "position": "0"}

    answers = in_parallel(
        [lambda browser=browser: browser.post("/admin/products/category/add/", form) for browser in browsers]
    )

    assert {answer.status_code for answer in answers} <= {200, 302, 409}
    assert Category.objects.filter(slug="tea").count() == 1
