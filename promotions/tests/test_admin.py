import pytest
from django.test import Client
from django.urls import reverse

from products.tests.factories import CategoryFactory
from promotions.models import PromoCode
from promotions.tests.factories import PromoCodeFactory

pytestmark = pytest.mark.django_db
LIST = "admin:promotions_promocode_changelist"


@pytest.fixture
def office(admin_user):
    office = Client()
    office.force_login(admin_user)
    return office


def generate(office, *codes: PromoCode, number: object = 3):
    body = {"action": "generate", "number": number, "_selected_action": [code.pk for code in codes]}
    return office.post(reverse(LIST), body)


@pytest.mark.parametrize("model", ["promocode", "redemption", "stampcard", "stampentry", "stampprogramme"])
def test_pages_open(office, model):
    PromoCodeFactory()

    assert office.get(reverse(f"admin:promotions_{model}_changelist")).status_code == 200


def test_codes_are_made_by_the_number_each_good_once(office, branch):
    category = CategoryFactory()
    template = PromoCodeFactory(code="FLYER", value="15", categories=[category], branches=[branch])

    response = generate(office, template, number=3)

    lines = response.content.decode().split()
    made = PromoCode.objects.exclude(pk=template.pk)
    assert (lines[0], sorted(lines[1:])) == ("code", sorted(code.code for code in made))
    assert [(code.limit_total, code.value, list(code.categories.all())) for code in made] == [(1, 15, [category])] * 3
    assert all(list(code.branches.all()) == [branch] for code in made)


@pytest.mark.parametrize("number", ["", "0", "1001", "many", "-1"])
def test_nonsense_makes_no_codes(office, number):
    response = generate(office, PromoCodeFactory(), number=number)

    assert response.status_code == 302
    assert PromoCode.objects.count() == 1


def test_one_template_at_a_time(office):
    generate(office, *PromoCodeFactory.create_batch(2))

    assert PromoCode.objects.count() == 2


def test_look_alike_is_refused_in_the_form(office):
    PromoCodeFactory(code="Summer")

    response = office.post(
        reverse("admin:promotions_promocode_add"), {"code": "ＳＵＭＭＥＲ", "kind": "percent", "value": "10"}
    )

    assert response.status_code == 200
    assert PromoCode.objects.count() == 1


def test_programme_can_be_begun_in_a_new_shop(office):
    page = office.get("/admin/promotions/stampprogramme/").content.decode()

    assert "/admin/promotions/stampprogramme/1/change/" in page
