"""Names and descriptions are written in several languages, and read in one's own."""

import pytest
from django.db import connection

from products.models import Branch, Option, OptionGroup, Product
from products.models.translations import every_text, name_in
from products.tests.factories import (
    BranchFactory,
    CategoryFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from users.tokens import end_all_sessions

pytestmark = pytest.mark.django_db

RUSSIAN = {"HTTP_ACCEPT_LANGUAGE": "ru"}


@pytest.fixture
def latte(branch):
    """A latte with a size, whose names and descriptions are Russian, too."""
    category = CategoryFactory(
        name="Coffee", description="Hot", translations={"ru": {"name": "Кофе", "description": "Горячий"}}
    )
    product = ProductFactory(
        name="Latte",
        description="Espresso and milk",
        category=category,
        translations={"ru": {"name": "Латте", "description": "Эспрессо с молоком"}},
    )
    group = OptionGroupFactory(name="Size", translations={"ru": {"name": "Размер"}})
    OptionFactory(group=group, name="Small", translations={"ru": {"name": "Маленький"}})
    product.option_groups.add(group)
    return product


# --- Reading --------------------------------------------------------------------------------------------------------


def test_product_speaks_its_readers_language(anonymous, latte):
    url = f"/api/products/{latte.pk}/"

    russian, english = anonymous.get(url, **RUSSIAN), anonymous.get(url, HTTP_ACCEPT_LANGUAGE="en")

    group = russian.json()["option_groups_detail"][0]
    assert [russian.json()[name] for name in ("name", "description", "category_name")] == [
        *("Латте", "Эспрессо с молоком", "Кофе")
    ]
    assert (group["name"], group["options"][0]["name"]) == ("Размер", "Маленький")
    assert [english.json()[name] for name in ("name", "description")] == ["Latte", "Espresso and milk"]
    assert (russian["Content-Language"], english["Content-Language"]) == ("ru", "en")
    assert "Accept-Language" in russian["Vary"]
    assert russian["ETag"] != english["ETag"]


def test_menu_speaks_its_readers_language(anonymous, latte, branch):
    Branch.objects.update(translations={"ru": {"name": "Главная"}})

    menu = anonymous.get("/api/branches/main/menu/", **RUSSIAN).json()

    category = menu["categories"][0]
    product = category["products"][0]
    assert menu["branch"]["name"] == "Главная"
    assert (category["name"], category["description"]) == ("Кофе", "Горячий")
    assert (product["name"], product["option_groups"][0]["options"][0]["name"]) == ("Латте", "Маленький")
    assert "translations" not in str(menu)


def test_branch_tells_its_places_in_its_readers_language(admin_client, anonymous, branch):
    texts = {"name": "Главная", "address": "Невский проспект, 1", "pickup_place": "У окна"}
    values = {"address": "Nevsky 1", "pickup_place": "At the window", "translations": {"ru": texts}}
    assert admin_client.patch("/api/branches/main/", values).status_code == 200

    russian, english = (anonymous.get("/api/branches/main/", HTTP_ACCEPT_LANGUAGE=one).json() for one in ("ru", "en"))

    assert [russian[name] for name in texts] == list(texts.values())
    assert [english[name] for name in ("address", "pickup_place")] == ["Nevsky 1", "At the window"]


def test_what_is_not_translated_is_shown_as_it_is(anonymous, latte):
    Product.objects.update(translations={"ru": {"name": "Латте"}})
    ProductFactory(name="Медовик", translations={"en": {"name": "Honey cake"}})

    russian = anonymous.get("/api/products/", **RUSSIAN).json()["results"]
    english = anonymous.get("/api/products/").json()["results"]

    assert [(row["name"], row["description"]) for row in russian] == [("Латте", "Espresso and milk"), ("Медовик", "")]
    assert [row["name"] for row in english] == ["Honey cake", "Latte"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de, ru;q=0.5", "ru"),
        ("EN;q=0.5, RU", "ru"),
        ("en;q=0, *", "ru"),
        ("ru;q=0", "en"),
        ("ru;q=0, *", "en"),
        ("ru;q=0.0, ru-RU;q=0", "en"),
        ("*", "en"),
        ("de", "en"),
        ("en;q=0", "en"),
        ("", "en"),
        ("русский", "en"),
        ("ru;q=2", "en"),
        ("ru;q=nan", "en"),
        ("../../ru", "en"),
        (",,;;q=,ru;level=1", "en"),
        (",".join(f"x{number}" for number in range(10_000)) + ",ru", "en"),
        ("ru," + ",".join(f"x{number}" for number in range(10_000)), "ru"),
    ],
)
def test_language_is_one_of_ours_whatever_is_asked(anonymous, latte, header, language):
    response = anonymous.get("/api/products/", HTTP_ACCEPT_LANGUAGE=header)

    assert response.status_code == 200
    assert response["Content-Language"] == language
    assert response.json()["results"][0]["name"] == {"ru": "Латте", "en": "Latte"}[language]


@pytest.mark.parametrize("order", ["", "?ordering=name"])
@pytest.mark.parametrize(
    ("url", "factory"), [("/api/products/", ProductFactory), ("/api/ingredients/", IngredientFactory)]
)
def test_order_by_name_is_by_what_is_shown(anonymous, branch, url, factory, order):
    for english, russian in [("Apple", "Яблоко"), ("Bread", "Арбуз"), ("Cake", "Мёд")]:
        factory(name=english, translations={"ru": {"name": russian}})

    names = [row["name"] for row in anonymous.get(f"{url}{order}", **RUSSIAN).json()["results"]]

    assert names == ["Арбуз", "Мёд", "Яблоко"]


def test_categories_and_branches_are_ordered_by_what_is_shown(anonymous, branch):
    Branch.objects.update(name="Apple", translations={"ru": {"name": "Яблоко"}})
    BranchFactory(name="Bread", translations={"ru": {"name": "Арбуз"}})
    CategoryFactory(name="Apple", translations={"ru": {"name": "Яблоко"}})
    CategoryFactory(name="Bread", translations={"ru": {"name": "Арбуз"}})

    for url in ("/api/branches/", "/api/categories/", "/api/categories/?ordering=name"):
        russian, english = anonymous.get(url, **RUSSIAN).json(), anonymous.get(url).json()
        assert [row["name"] for row in russian["results"]] == ["Арбуз", "Яблоко"]
        assert [row["name"] for row in english["results"]] == ["Apple", "Bread"]


# --- Searching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("words", ["ЛАТТЕ", "latte", "эспрессо milk", "кофе", "coffee латт"])
def test_search_finds_a_word_in_any_language(anonymous, latte, words, language):
    ProductFactory(name="Tea", translations={"ru": {"name": "Чай"}})

    found = anonymous.get("/api/products/", {"search": words}, HTTP_ACCEPT_LANGUAGE=language).json()

    assert [row["id"] for row in found["results"]] == [latte.pk]


@pytest.mark.parametrize("word", ["name", "description", "ru", "{", '"'])
def test_search_finds_no_word_of_how_translations_are_stored(anonymous, latte, word):
    assert anonymous.get("/api/products/", {"search": word}).json()["results"] == []
    assert anonymous.get("/api/categories/", {"search": word}).json()["results"] == []


def test_category_is_found_in_any_language(anonymous, latte):
    found = anonymous.get("/api/categories/?search=горячий+coffee").json()["results"]

    assert [row["name"] for row in found] == ["Coffee"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no plans to compare")
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (
            lambda: Product.objects.alias(texts=every_text("name", "description")).filter(texts__icontains="латте"),
            "products_product_texts_trigrams",
        ),
        (lambda: Product.objects.order_by(name_in("ru"), "pk")[:20], "products_by_name_ru"),
        (lambda: Product.objects.order_by(name_in("en"), "pk")[:20], "products_by_name_en"),
    ],
)
def test_search_and_order_have_their_index(db, rows, index):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_indexes WHERE indexname = %s", [index])
        if cursor.fetchone() is None:  # a server without trigrams searches without
            assert index.endswith("trigrams")
            return
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")

    assert index in rows().explain()


# --- Writing --------------------------------------------------------------------------------------------------------


def test_administrator_writes_and_reads_translations(admin_client, anonymous, latte):
    url = f"/api/products/{latte.pk}/"
    sent = {"ru": {"name": " Большой латте "}, "en": {"name": "Latte!", "description": "Good"}}

    written = admin_client.patch(url, {"translations": sent})
    read = admin_client.get(url).json()

    assert written.status_code == 200
    assert written.json()["translations"] == {
        "ru": {"name": "Большой латте", "description": ""},
        "en": {"name": "Latte!", "description": "Good"},
    }
    assert read["translations"] == written.json()["translations"]
    assert read["option_groups_detail"][0]["translations"] == {"ru": {"name": "Размер"}}
    assert anonymous.get(url, **RUSSIAN).json()["name"] == "Большой латте"
    assert "translations" not in anonymous.get(url).json()


def test_administrator_sees_the_public_menu_when_the_token_ended(admin_client, admin_user, latte):
    end_all_sessions(admin_user)

    answer = admin_client.get(f"/api/products/{latte.pk}/")

    assert answer.status_code == 200
    assert "translations" not in answer.json()


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/api/categories/", {"name": "Tea"}),
        ("/api/ingredients/", {"name": "Milk"}),
        ("/api/branches/", {"name": "Riga"}),
        ("/api/option-groups/", {"name": "Milk", "options": [{"name": "Oat", "translations": {"ru": {"name": "А"}}}]}),
    ],
)
def test_everything_that_has_a_name_is_translated(admin_client, anonymous, branch, url, body):
    created = admin_client.post(url, {**body, "translations": {"ru": {"name": "Чай"}}})
    again = admin_client.get(f"{url}?include_inactive=true", **RUSSIAN).json()["results"]

    assert created.status_code == 201
    assert created.json()["translations"]["ru"]["name"] == "Чай"
    assert "Чай" in [row["name"] for row in again]
    assert all("translations" in row for row in again)
    assert "translations" not in str(anonymous.get(url).json())


def test_translations_that_are_not_sent_stay(admin_client, latte):
    group = OptionGroup.objects.get()
    option = {"id": Option.objects.get().pk, "name": "Tiny", "price_delta": "0.00"}

    admin_client.patch(f"/api/products/{latte.pk}/", {"name": "Milk coffee"})
    admin_client.patch(f"/api/option-groups/{group.pk}/", {"options": [option]})

    latte.refresh_from_db()
    assert (latte.name, latte.translations["ru"]["name"]) == ("Milk coffee", "Латте")
    assert Option.objects.get().translations == {"ru": {"name": "Маленький"}}


def test_translations_are_the_whole_of_them(admin_client, latte):
    response = admin_client.patch(f"/api/products/{latte.pk}/", {"translations": {}})

    assert response.json()["translations"] == {}


LONG = {"name": "a" * 121}
UNSOUND = [
    ([], []),
    ("Латте", []),
    (None, []),
    ({"de": {"name": "Latte"}}, ["de"]),
    ({"RU": {"name": "Латте"}}, ["RU"]),
    ({"": {"name": "Латте"}}, [""]),
    ({"ru": "Латте"}, ["ru", "non_field_errors"]),
    ({"ru": None}, ["ru"]),
    ({"ru": []}, ["ru", "non_field_errors"]),
    ({"ru": {}}, ["ru", "name"]),
    ({"ru": {"description": "Горячий"}}, ["ru", "name"]),
    ({"ru": {"name": ""}}, ["ru", "name"]),
    ({"ru": {"name": "  "}}, ["ru", "name"]),
    ({"ru": {"name": "\u200b\u2060"}}, ["ru", "name"]),
    ({"ru": {"name": None}}, ["ru", "name"]),
    ({"ru": {"name": 1}}, ["ru", "name"]),
    ({"ru": {"name": ["Латте"]}}, ["ru", "name"]),
    ({"ru": {"name": "a\0"}}, ["ru", "name"]),
    ({"ru": LONG}, ["ru", "name"]),
    ({"ru": {"name": "Латте", "description": "a" * 2001}}, ["ru", "description"]),
    ({"ru": {"name": "Латте", "description": 5}}, ["ru", "description"]),
    ({"ru": {"name": "\u202eэттал"}}, ["ru", "name"]),
    ({"ru": {"name": "Латте", "description": "\u2067abc"}}, ["ru", "description"]),
    ({"ru": {"name": "Латте\u200f"}}, ["ru", "name"]),
]


@pytest.mark.parametrize(("translations", "path"), UNSOUND)
def test_unsound_translations_are_refused(admin_client, latte, translations, path):
    response = admin_client.patch(f"/api/products/{latte.pk}/", {"translations": translations})

    errors = response.json()
    assert response.status_code == 400
    for step in ["translations", *path]:
        errors = errors[step]
    assert isinstance(errors, list)
    latte.refresh_from_db()
    assert latte.translations["ru"]["name"] == "Латте"


@pytest.mark.parametrize("body", [{"name": "\u202eettaL"}, {"description": "a\u2066b"}])
def test_own_texts_turn_no_direction_either(admin_client, latte, body):
    response = admin_client.patch(f"/api/products/{latte.pk}/", body)

    assert response.status_code == 400
    assert list(response.json()) == list(body)


@pytest.mark.parametrize("sender", ["client", "anonymous"])
def test_others_write_no_translations(request, latte, sender):
    client = request.getfixturevalue(sender)

    response = client.patch(f"/api/products/{latte.pk}/", {"translations": {"ru": {"name": "Моё"}}})

    assert response.status_code in {401, 403}
