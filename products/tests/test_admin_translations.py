"""In the back office translations are plain inputs, one for each text and language."""

import json

import pytest

from products.models import Branch, Option, Product
from products.tests.adminforms import form_of
from products.tests.factories import OptionFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


def send(office, url: str, **texts):
    """What a browser sends, in which the inputs of translations take the place of their JSON."""
    fields = form_of(office.get(url))
    for name in [name for name in fields if name.endswith("translations") and not name.startswith("initial-")]:
        for language, own in json.loads(fields.pop(name)).items():
            fields |= {f"{name}-{language}-{text}": value for text, value in own.items()}
    return office.post(url, fields | texts, format="multipart")


@pytest.fixture
def latte(branch) -> Product:
    return ProductFactory(name="Latte", translations={"ru": {"name": "Латте", "description": "Кофе"}})


def test_page_has_an_input_for_each_text(office, latte):
    page = office.get(f"/admin/products/product/{latte.pk}/change/").content.decode()

    assert 'name="translations-ru-name" lang="ru" class="vTextField" maxlength="120" value="Латте"' in page
    assert 'name="translations-en-description"' in page
    assert 'name="translations"' not in page


def test_translations_are_written_as_plain_text(office, latte):
    url = f"/admin/products/product/{latte.pk}/change/"

    response = send(
        office, url, **{"translations-ru-name": " Большой латте ", "translations-ru-description": "Кофе\r\nс молоком"}
    )

    latte.refresh_from_db()
    assert response.status_code == 302
    assert latte.translations == {"ru": {"name": "Большой латте", "description": "Кофе\nс молоком"}}


def test_translation_goes_when_its_inputs_are_emptied(office, latte):
    texts = {"translations-ru-name": "", "translations-ru-description": " "}

    send(office, f"/admin/products/product/{latte.pk}/change/", **texts)

    latte.refresh_from_db()
    assert latte.translations == {}


@pytest.mark.parametrize(
    "texts",
    [
        {"translations-ru-name": "", "translations-ru-description": "Только описание"},
        {"translations-ru-name": "a" * 121},
        {"translations-ru-name": "\u202eэттал"},
        {"translations-ru-name": "\u200b"},
        {"translations-en-description": "Without a name"},
    ],
)
def test_unsound_translation_is_refused_in_words(office, latte, texts):
    response = send(office, f"/admin/products/product/{latte.pk}/change/", **texts)

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["translations"]
    latte.refresh_from_db()
    assert latte.translations["ru"]["name"] == "Латте"


@pytest.mark.parametrize(
    "json_text", ["{", "[]", '"x"', '{"de": {"name": "Latte"}}', '{"ru": "x"}', '{"ru": {"name": 1}}']
)
def test_program_that_sends_nonsense_is_refused(office, latte, json_text):
    url = f"/admin/products/product/{latte.pk}/change/"

    response = office.post(url, {**form_of(office.get(url)), "translations": json_text}, format="multipart")

    assert response.status_code == 200
    latte.refresh_from_db()
    assert latte.translations["ru"]["name"] == "Латте"


def test_what_the_api_wrote_meanwhile_stays(office, latte):
    url = f"/admin/products/product/{latte.pk}/change/"
    opened = form_of(office.get(url))
    Product.objects.update(translations={"ru": {"name": "Новое"}})

    response = office.post(url, {**opened, "name": "Milk coffee"}, format="multipart")

    latte.refresh_from_db()
    assert response.status_code == 302
    assert (latte.name, latte.translations) == ("Milk coffee", {"ru": {"name": "Новое"}})


def test_options_and_branches_are_translated_on_their_pages(office, branch):
    option = OptionFactory(name="Oat")
    texts = {"options-0-translations-ru-name": "Овсяное", "translations-ru-name": "Молоко"}

    send(office, f"/admin/products/optiongroup/{option.group_id}/change/", **texts)
    send(office, f"/admin/products/branch/{branch.pk}/change/", **{"translations-ru-name": "Главная", "language": "ru"})

    assert Option.objects.get().translations == {"ru": {"name": "Овсяное"}}
    assert Option.objects.get().group.translations == {"ru": {"name": "Молоко"}}
    assert (Branch.objects.get().names, Branch.objects.get().language) == ({"ru": "Главная"}, "ru")


def test_products_are_found_by_their_russian_name(office, latte):
    ProductFactory(name="Tea")

    page = office.get("/admin/products/product/?q=латте")

    assert [product.pk for product in page.context["cl"].result_list] == [latte.pk]
