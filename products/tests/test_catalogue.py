from datetime import timedelta

import pytest
from django.utils import timezone

from products.models import Branch, Product
from products.serializers.catalogue import ProductSerializer
from products.tests.factories import (
    BranchFactory,
    BranchProductFactory,
    CategoryFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [row["name"] for row in response.json()["results"]]


# --- Reading --------------------------------------------------------------------------------------------------------


def test_product_shows_everything_a_menu_needs(anonymous, branch):
    group = OptionGroupFactory(name="Milk", min_choices=0, max_choices=1)
    oat = OptionFactory(group=group, name="Oat", price_delta="0.70")
    latte = ProductFactory(name="Латте", price="4.5", category__name="Кофе")
    latte.option_groups.add(group)
    beans, oat_milk = IngredientFactory.create_batch(2)
    latte.ingredients.add(beans)
    oat.ingredients.add(oat_milk)

    shown = anonymous.get(f"/api/products/{latte.pk}/")

    assert shown.status_code == 200
    assert shown.json() | {"created_at": 0, "updated_at": 0} == {
        "id": latte.pk,
        "name": "Латте",
        "slug": "latte",
        "description": "",
        "price": "4.50",
        "category": latte.category.pk,
        "category_name": "Кофе",
        "image": None,
        "images": None,
        "option_groups": [group.pk],
        "ingredients": [beans.pk],
        "prep_seconds": 60,
        "position": 0,
        "is_active": True,
        "is_available": True,
        "created_at": 0,
        "updated_at": 0,
        "option_groups_detail": [
            {
                "id": group.pk,
                "name": "Milk",
                "min_choices": 0,
                "max_choices": 1,
                "options": [
                    {
                        "id": oat.pk,
                        "name": "Oat",
                        "price_delta": "0.70",
                        "prep_seconds": 0,
                        "is_active": True,
                        "is_available": True,
                        "position": 0,
                        "ingredients": [oat_milk.pk],
                    }
                ],
            }
        ],
    }


def test_answers_leave_cyrillic_unescaped(anonymous, branch):
    ProductFactory(name="Раф")

    response = anonymous.get("/api/products/")

    assert "Раф" in response.content.decode()


@pytest.mark.parametrize("url", ["/api/products/", "/api/categories/"])
def test_list_has_the_contracts_envelope_and_20_rows(anonymous, branch, url):
    ProductFactory.create_batch(21)

    first = anonymous.get(url).json()
    second = anonymous.get(first["next"]).json()

    assert set(first) == {"count", "next", "previous", "results"}
    assert (first["count"], len(first["results"]), len(second["results"])) == (21, 20, 1)
    assert (first["previous"], second["next"]) == (None, None)


def test_list_gives_100_rows_when_more_are_asked(anonymous, branch):
    ProductFactory.create_batch(101, category=CategoryFactory())

    response = anonymous.get("/api/products/?page_size=500")

    assert len(response.json()["results"]) == 100


@pytest.mark.parametrize("number", [1, 30])
def test_product_list_takes_three_queries_whatever_its_length(anonymous, branch, django_assert_num_queries, number):
    for product in ProductFactory.create_batch(number):
        product.option_groups.add(OptionGroupFactory())

    with django_assert_num_queries(3):  # branch, products with categories, option groups and ingredients
        response = anonymous.get("/api/products/?page_size=100")

    assert len(names(response)) == number


def test_product_list_counts_when_there_is_a_next_page(anonymous, branch, django_assert_num_queries):
    ProductFactory.create_batch(3)

    with django_assert_num_queries(4):
        page = anonymous.get("/api/products/?page_size=2").json()

    assert (page["count"], len(page["results"])) == (3, 2)


def test_search_asks_for_the_categories_once_whatever_its_words(anonymous, branch, django_assert_num_queries):
    ProductFactory(name="Iced latte", category=CategoryFactory(name="Cold"))

    with django_assert_num_queries(4):  # branch, categories, products, option groups
        found = anonymous.get("/api/products/?search=latte+iced+cold")

    assert names(found) == ["Iced latte"]


def test_page_is_404_when_it_lies_too_deep(anonymous, branch, django_assert_num_queries):
    ProductFactory()

    with django_assert_num_queries(1):
        assert anonymous.get("/api/products/?page=5001&page_size=20").status_code == 404


def test_fast_form_of_a_product_equals_its_fields(anonymous, branch, rf):
    product = ProductFactory(image="products/x.png", description="Ещё горячий")
    product.option_groups.add(OptionGroupFactory(), OptionGroupFactory())
    row = Product.objects.at_branch(branch, timezone.now()).get()

    serializer = ProductSerializer(row, context={"request": rf.get("/")})

    assert serializer.data == super(ProductSerializer, serializer).to_representation(row)


def test_product_takes_five_queries_with_all_its_options(anonymous, branch, django_assert_num_queries):
    product = ProductFactory()
    for group in OptionGroupFactory.create_batch(3):
        OptionFactory.create_batch(3, group=group)
        product.option_groups.add(group)

    with django_assert_num_queries(5):  # branch, product, groups, options, ingredients of both
        response = anonymous.get(f"/api/products/{product.pk}/")

    assert [len(group["options"]) for group in response.json()["option_groups_detail"]] == [3, 3, 3]


def test_category_list_takes_one_query(anonymous, django_assert_num_queries):
    CategoryFactory.create_batch(5)

    with django_assert_num_queries(1):
        response = anonymous.get("/api/categories/")

    assert len(names(response)) == 5


@pytest.mark.parametrize("token", ["Bearer rubbish", "Bearer ", "Basic YTpi"])
def test_price_list_is_read_with_a_token_nobody_accepts(anonymous, branch, token):
    ProductFactory(name="Latte")
    anonymous.credentials(HTTP_AUTHORIZATION=token)

    response = anonymous.get("/api/products/")

    assert (response.status_code, names(response)) == (200, ["Latte"])


@pytest.mark.parametrize("pk", ["0", "01", "-1", "1.5", "1_0", "٣", "abc", "%00", "1%20", "9" * 18, "9" * 19])
@pytest.mark.parametrize("collection", ["products", "categories"])
def test_path_id_is_404_when_malformed_or_nobodys(anonymous, branch, collection, pk):
    response = anonymous.get(f"/api/{collection}/{pk}/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


# --- Searching, filtering, ordering ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("латте", ["Латте"]),
        ("ЛАТТЕ", ["Латте"]),
        ("аТТ", ["Латте"]),
        ("молок", ["Латте", "Раф"]),
        ("латте молоком", ["Латте"]),
        ("КОФЕ", ["Латте", "Раф"]),
        ("раф латте", []),
        ("  раф  ", ["Раф"]),
        ("100%", ["Tea 100%"]),
        ("%", ["Tea 100%"]),
        ("_", []),
        ("'", []),
        ("\\", []),
        ("", ["Tea 100%", "Латте", "Раф"]),
    ],
)
def test_search_finds_every_word_in_every_text_field(anonymous, branch, search, found):
    coffee = CategoryFactory(name="Кофе")
    ProductFactory(name="Латте", description="С молоком", category=coffee)
    ProductFactory(name="Раф", description="Молоко и сливки", category=coffee)
    ProductFactory(name="Tea 100%")

    response = anonymous.get("/api/products/", {"search": search})

    assert (response.status_code, sorted(names(response))) == (200, found)


@pytest.mark.parametrize(("search", "found"), [("напитки", ["Напитки"]), ("ЛЁД", ["Напитки"]), ("суп", [])])
def test_category_search_knows_cyrillic_case(anonymous, search, found):
    CategoryFactory(name="Напитки", description="Лёд")
    CategoryFactory(name="Cakes")

    response = anonymous.get("/api/categories/", {"search": search})

    assert names(response) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"min_price": "3.00"}, ["middle", "dear"]),
        ({"max_price": "3.00"}, ["cheap", "middle"]),
        ({"min_price": "2.01", "max_price": "10.99"}, ["middle"]),
        ({"min_price": "9"}, ["dear"]),
        ({"max_price": "10"}, ["cheap", "middle"]),
        ({"min_price": ""}, ["cheap", "middle", "dear"]),
    ],
)
def test_price_filters_compare_amounts_and_not_texts(anonymous, branch, query, found):
    for name, price in [("cheap", "2.00"), ("middle", "3.00"), ("dear", "11.00")]:
        ProductFactory(name=name, price=price)

    response = anonymous.get("/api/products/", {"ordering": "price", **query})

    assert names(response) == found


def test_category_filter_takes_an_id_or_a_slug(anonymous, branch):
    cakes = CategoryFactory(name="Cakes")
    ProductFactory(name="Brownie", category=cakes)
    ProductFactory(name="Latte")

    by_id = anonymous.get(f"/api/products/?category={cakes.pk}")
    by_slug = anonymous.get("/api/products/?category=cakes")
    by_neither = anonymous.get("/api/products/?category=99999999999999999999")

    assert [names(by_id), names(by_slug), names(by_neither)] == [["Brownie"], ["Brownie"], []]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        (None, ["a", "b", "c"]),
        ("name", ["a", "b", "c"]),
        ("-name", ["c", "b", "a"]),
        ("price", ["c", "b", "a"]),
        ("-price", ["a", "c", "b"]),
        ("-price,-name", ["a", "c", "b"]),
        ("created_at", ["c", "a", "b"]),
        ("position", ["a", "c", "b"]),
        ("position,name", ["a", "b", "c"]),
    ],
)
def test_ordering_is_by_price_name_age_or_position(anonymous, branch, ordering, expected):
    for name, price, position in [("c", "1.00", 2), ("a", "10.00", 1), ("b", "1.00", 2)]:
        ProductFactory(name=name, price=price, position=position)

    response = anonymous.get("/api/products/", {"ordering": ordering} if ordering else {})

    assert names(response) == expected


def test_pages_neither_repeat_nor_skip_when_prices_are_equal(anonymous, branch):
    ProductFactory.create_batch(10, price="3.00")

    pages = [anonymous.get(f"/api/products/?ordering=-price&page_size=3&page={page}") for page in (1, 2, 3, 4)]

    assert len({name for page in pages for name in names(page)}) == 10


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_price=-1", "min_price"),
        ("min_price=NaN", "min_price"),
        ("max_price=Infinity", "max_price"),
        ("max_price=1e999", "max_price"),
        ("max_price=1e2", "max_price"),
        ("max_price=1_0", "max_price"),
        ("max_price=٣", "max_price"),
        ("max_price=1.234", "max_price"),
        ("max_price=999999999", "max_price"),
        ("max_price=%00", "max_price"),
        ("available=maybe", "available"),
        ("available=%00", "available"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("page=1_0", "page"),
        ("page=٣", "page"),
        ("page=", "page"),
        ("page=%00", "page"),
        ("page_size=0", "page_size"),
        ("page_size=-5", "page_size"),
        ("page_size=ten", "page_size"),
        ("page_size=1_0", "page_size"),
        ("include_inactive=perhaps", "include_inactive"),
        ("search=%00", "search"),
        (f"search={'x' * 101}", "search"),
        ("category=%00", "category"),
        (f"category={'x' * 81}", "category"),
        ("ordering=secret", "ordering"),
        ("ordering=category__slug", "ordering"),
        ("ordering=--price", "ordering"),
        ("ordering=,", "ordering"),
        ("ordering=name,", "ordering"),
        ("ordering=%00", "ordering"),
        ("branch=nowhere", "branch"),
        ("branch=", "branch"),
        ("branch=%00", "branch"),
        ("branch=%ff%fe", "branch"),
    ],
)
def test_product_list_names_the_parameter_that_makes_no_sense(anonymous, branch, query, field):
    response = anonymous.get(f"/api/products/?{query}")

    assert response.status_code == 400
    assert {name: len(texts) for name, texts in response.json().items()} == {field: 1}


def test_page_is_404_when_there_are_fewer(anonymous, branch):
    response = anonymous.get("/api/products/?page=999999999")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


# --- Branches -------------------------------------------------------------------------------------------------------


def test_branch_price_leaves_the_others_theirs(anonymous, branch):
    latte = ProductFactory(price="4.00")
    BranchProductFactory(branch=BranchFactory(slug="brooklyn"), product=latte, price="5.20")

    there = anonymous.get(f"/api/products/{latte.pk}/?branch=brooklyn").json()
    here = anonymous.get(f"/api/products/{latte.pk}/").json()

    assert (there["price"], here["price"]) == ("5.20", "4.00")


def test_price_filter_and_ordering_use_the_branchs_price(anonymous, branch):
    brooklyn = BranchFactory(slug="brooklyn")
    BranchProductFactory(branch=brooklyn, product=ProductFactory(name="a", price="1.00"), price="9.00")
    ProductFactory(name="b", price="2.00")

    ordered = anonymous.get("/api/products/?branch=brooklyn&ordering=price")
    filtered = anonymous.get("/api/products/?branch=brooklyn&min_price=8")

    assert (names(ordered), names(filtered)) == (["b", "a"], ["a"])


@pytest.mark.parametrize(
    ("difference", "is_available"),
    [
        ({}, True),
        ({"stock": 1}, True),
        ({"stock": 0}, False),
        ({"is_listed": False}, False),
        ({"sold_out_until": timezone.now() + timedelta(hours=1)}, False),
        ({"sold_out_until": timezone.now() - timedelta(seconds=1)}, True),
        ({"price": "0.00"}, True),
    ],
)
def test_availability_is_the_branchs_own(anonymous, branch, difference, is_available):
    croissant = ProductFactory(name="Croissant")
    BranchProductFactory(branch=branch, product=croissant, **difference)
    BranchFactory(slug="elsewhere")

    here = anonymous.get("/api/products/?available=true")
    missing = anonymous.get("/api/products/?available=false")
    elsewhere = anonymous.get(f"/api/products/{croissant.pk}/?branch=elsewhere")

    assert (names(here), names(missing)) == ((["Croissant"], []) if is_available else ([], ["Croissant"]))
    assert elsewhere.json()["is_available"] is True


def test_products_are_listed_once_each_when_several_branches_differ(anonymous, branch):
    latte = ProductFactory(name="Latte")
    for other in [branch, *BranchFactory.create_batch(3)]:
        BranchProductFactory(branch=other, product=latte, price="1.00", is_listed=other == branch)

    response = anonymous.get("/api/products/")

    assert (response.json()["count"], names(response)) == (1, ["Latte"])


def test_catalogue_is_general_when_no_branch_is_default(anonymous, branch):
    latte = ProductFactory(price="4.00")
    BranchProductFactory(branch=branch, product=latte, price="9.00", is_listed=False)
    Branch.objects.update(is_default=False)

    response = anonymous.get(f"/api/products/{latte.pk}/")

    assert (response.json()["price"], response.json()["is_available"]) == ("4.00", True)


def test_branch_is_unknown_when_it_is_out_of_business(anonymous, branch):
    BranchFactory(slug="closed", is_active=False)

    response = anonymous.get("/api/products/?branch=closed")

    assert (response.status_code, list(response.json())) == (400, ["branch"])


# --- What is not on the menu ----------------------------------------------------------------------------------------


def test_inactive_product_is_absent_from_the_menu(anonymous, client, admin_client, branch):
    hidden = ProductFactory(is_active=False)

    lists = [names(reader.get("/api/products/")) for reader in (anonymous, client, admin_client)]
    details = [reader.get(f"/api/products/{hidden.pk}/").status_code for reader in (anonymous, client, admin_client)]

    assert lists == [[], [], []]
    assert details == [404, 404, 404]


@pytest.mark.parametrize("value", ["true", "1", "TRUE"])
@pytest.mark.parametrize("url", ["/api/products/{pk}/", "/api/products/", "/api/categories/"])
def test_include_inactive_is_for_administrators(anonymous, client, admin_client, branch, url, value):
    hidden = ProductFactory(is_active=False)
    url = f"{url.format(pk=hidden.pk)}?include_inactive={value}"

    answers = [reader.get(url) for reader in (anonymous, client, admin_client)]

    assert [answer.status_code for answer in answers] == [401, 403, 200]
    assert [answer.json().get("code") for answer in answers] == ["not_authenticated", "permission_denied", None]


def test_include_inactive_lists_what_is_hidden_too(admin_client, branch):
    ProductFactory(name="hidden", is_active=False)

    response = admin_client.get("/api/products/?include_inactive=true")

    assert names(response) == ["hidden"]
    assert response.json()["results"][0]["is_available"] is False


@pytest.mark.parametrize("ordering", ["price", "-price"])
def test_pages_by_price_mix_branch_and_general_prices(anonymous, branch, ordering):
    for number, (price, own_price) in enumerate([(5, None), (3, 4), (4, None), (4, 1), (2, 4), (1, 6), (9, None)]):
        product = ProductFactory(name=f"{number}", price=price)
        if own_price is not None:
            BranchProductFactory(branch=branch, product=product, price=own_price)

    pages = [anonymous.get(f"/api/products/?ordering={ordering}&page_size=3&page={page}").json() for page in (1, 2, 3)]

    ascending, descending = ["3", "1", "2", "4", "0", "5", "6"], ["6", "5", "0", "1", "2", "4", "3"]
    shown = [row["name"] for page in pages for row in page["results"]]
    assert shown == (ascending if ordering == "price" else descending)


# --- Questions with one meaning -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("price,name", "ABC"),
        ("price,-name", "BAC"),
        ("-price,name", "CAB"),
        ("-price,-created_at", "CAB"),
        ("price", "BAC"),
    ],
)
def test_products_are_ordered_by_every_name_given(anonymous, branch, ordering, expected):
    for name, price in (("B", 1), ("A", 1), ("C", 2)):
        ProductFactory(name=name, price=price)

    assert "".join(names(anonymous.get(f"/api/products/?ordering={ordering}"))) == expected


def test_search_of_eleven_words_is_400(anonymous, branch):
    ten, eleven = (anonymous.get(f"/api/products/?search={'+'.join(['a'] * number)}") for number in (10, 11))

    assert (ten.status_code, eleven.status_code, list(eleven.json())) == (200, 400, ["search"])


def test_category_of_digits_is_an_id(anonymous, branch):
    tea, coffee = CategoryFactory(), CategoryFactory()
    coffee.slug = str(tea.pk)
    coffee.save()
    ProductFactory(name="Tea", category=tea)
    ProductFactory(name="Coffee", category=coffee)

    assert names(anonymous.get(f"/api/products/?category={tea.pk}")) == ["Tea"]
    assert names(anonymous.get(f"/api/products/?category={tea.slug}")) == ["Tea"]


@pytest.mark.parametrize(
    "name", ["category", "search", "available", "min_price", "max_price", "ordering", "branch", "page", "page_size"]
)
def test_parameter_sent_twice_is_400(anonymous, branch, name):
    value = {"branch": "main", "available": "true", "ordering": "name"}.get(name, "1")

    response = anonymous.get(f"/api/products/?{name}={value}&{name}={value}")

    assert (response.status_code, list(response.json())) == (400, [name])
