import pytest
from django.test import Client

from products.tests.factories import BranchFactory, CategoryFactory
from promotions.models import PromoCode, StampProgramme
from promotions.tests.factories import PromoCodeFactory

pytestmark = pytest.mark.django_db
URL = "/api/promo-codes/"
SOUND = {"code": "SUMMER", "kind": "percent", "value": "10.00"}


def test_code_shows_all_that_it_is_good_for(admin_client, branch):
    category = CategoryFactory()
    body = {
        **SOUND,
        "starts_at": "2026-06-01T00:00:00Z",
        "ends_at": "2026-09-01T00:00:00Z",
        "min_total": "5.00",
        "branches": ["main"],
        "categories": [category.pk],
        "is_first_order_only": True,
        "limit_total": 100,
        "limit_per_user": 1,
        "is_active": False,
    }

    response = admin_client.post(URL, body)

    assert response.status_code == 201, response.json()
    assert response.json() == {"id": PromoCode.objects.get().pk, **body, "times_used": 0}
    assert admin_client.get(URL).json()["results"] == [response.json()]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""), ("code", " "), ("code", "x" * 300), ("code", None), ("code", 1), ("code", "a\u202eb"),
        ("code", "\ufdfa" * 60), ("code", "a\0b"), ("code", "TEN\u200b"), ("code", "T\u00adEN"),
        ("kind", "gift"), ("kind", None), ("kind", 1),
        ("value", "-1.00"), ("value", "0.00"), ("value", "100.01"), ("value", 10), ("value", None), ("value", "1e1"),
        ("value", "NaN"), ("starts_at", "soon"), ("ends_at", "2026-01-01"), ("ends_at", 1), ("min_total", "-0.01"),
        ("min_total", 5), ("branches", ["nowhere"]), ("branches", "main"), ("branches", [1]), ("branches", None),
        ("categories", [0]), ("categories", ["1"]), ("categories", {}), ("is_first_order_only", "yes"),
        ("limit_total", 0), ("limit_total", -1), ("limit_total", 1.0), ("limit_total", True), ("limit_total", 2**31),
        ("limit_per_user", 0), ("limit_per_user", "1"), ("is_active", 1), ("is_active", None),
    ],
)  # fmt: skip
def test_nonsense_is_named_by_its_field(admin_client, branch, field, value):
    response = admin_client.post(URL, {**SOUND, field: value})

    assert (response.status_code, list(response.json())) == (400, [field])
    assert not PromoCode.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value", "status"),
    [
        ("percent", "100.00", 201), ("percent", "0.01", 201), ("amount", "500.00", 201), ("amount", "0.00", 400),
        ("free_item", None, 201), ("free_item", "0.00", 201), ("free_item", "5.00", 201), ("free_item", "-1.00", 400),
    ],
)  # fmt: skip
def test_value_is_what_its_kind_says(admin_client, kind, value, status):
    response = admin_client.post(URL, {"code": "C", "kind": kind, "value": value})

    assert response.status_code == status


@pytest.mark.parametrize("code", ["SUMMER", "summer", " Summer ", "ＳＵＭＭＥＲ"])
def test_code_is_taken_in_any_case_and_width(admin_client, code):
    PromoCodeFactory(code="Summer")

    response = admin_client.post(URL, {**SOUND, "code": code})

    assert (response.status_code, list(response.json())) == (400, ["code"])


def test_change_is_checked_against_what_stays(admin_client):
    code = PromoCodeFactory(kind="amount", value="500.00", starts_at="2026-06-01T00:00:00Z")
    url = f"{URL}{code.pk}/"

    answers = [
        admin_client.patch(url, change)
        for change in ({"kind": "percent"}, {"ends_at": "2026-05-01T00:00:00Z"}, {"code": "winter"}, {"code": "Winter"})
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 200, 200]
    assert PromoCode.objects.known_as("WINTER").get() == code


@pytest.mark.parametrize("number", [1, 10])
def test_list_takes_as_many_queries_whatever_its_length(admin_client, branch, django_assert_num_queries, number):
    for _ in range(number):
        PromoCodeFactory(branches=[branch], categories=[CategoryFactory()])

    with django_assert_num_queries(5):  # user, count, codes, branches, categories
        assert admin_client.get(URL).json()["count"] == number


def test_codes_are_the_administrators_alone(client, anonymous, branch):
    code = PromoCodeFactory(branches=[BranchFactory()])

    answers = [caller.get(url).status_code for caller in (client, anonymous) for url in (URL, f"{URL}{code.pk}/")]

    assert answers == [403, 403, 401, 401]


def test_last_category_or_branch_of_a_code_stays(admin_client, branch):
    code, category, other = PromoCodeFactory(), CategoryFactory(), BranchFactory()
    code.categories.set([category])
    code.branches.set([other])

    answers = [
        admin_client.delete(address) for address in (f"/api/categories/{category.pk}/", f"/api/branches/{other.slug}/")
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "in_use")] * 2
    assert (code.categories.get(), code.branches.get()) == (category, other)


def test_category_goes_when_its_code_has_another(admin_client, branch):
    code, category, stays = PromoCodeFactory(), CategoryFactory(), CategoryFactory()
    code.categories.set([category, stays])

    response = admin_client.delete(f"/api/categories/{category.pk}/")

    assert response.status_code == 204
    assert list(code.categories.all()) == [stays]


def test_last_category_of_the_programme_stays(admin_client, branch):
    category = CategoryFactory()
    StampProgramme.objects.current().categories.set([category])

    response = admin_client.delete(f"/api/categories/{category.pk}/")

    assert (response.status_code, response.json()["code"]) == (409, "in_use")


def test_office_names_the_code_that_needs_a_category(admin_user, branch):
    code, category = PromoCodeFactory(code="SPRING"), CategoryFactory()
    code.categories.set([category])
    office = Client()
    office.force_login(admin_user)

    page = office.post(f"/admin/products/category/{category.pk}/delete/", {"post": "yes"})

    assert b"SPRING" in page.content
    assert code.categories.get() == category
