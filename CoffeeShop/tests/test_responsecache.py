"""Responses of the catalogue are cached, and nobody ever sees one that is out of date."""

import json
import re
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from urllib.request import Request

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from cart.services import add_to_cart
from CoffeeShop.management.commands import seed_demo
from orders.placing import place_order
from orders.services import change_status
from products import responsecache
from products.models import Branch, BranchProduct, Category, Ingredient, Option, OptionGroup, Product, StopListEntry
from products.stoplist import put_on_stop_list
from products.tests.adminforms import submit
from products.tests.factories import (
    BranchProductFactory,
    CategoryFactory,
    IngredientFactory,
    OptionFactory,
    OptionGroupFactory,
    ProductFactory,
)
from products.version import shared_version
from support.tests.test_servers import HTTP, Daphne
from users.tokens import start_family

pytestmark = pytest.mark.django_db(transaction=True)

URLS = [
    "/api/products/",
    "/api/categories/",
    "/api/ingredients/",
    "/api/option-groups/",
    "/api/branches/",
    "/api/branches/main/menu/",
]


@pytest.fixture
def shop(branch):
    """One of everything: a croissant with an option, five of them at the default branch."""
    category = CategoryFactory(name="Pastry")
    product = ProductFactory(name="Croissant", category=category)
    flour, jam = IngredientFactory(name="Flour"), IngredientFactory(name="Jam")
    group = OptionGroupFactory(name="Filling")
    OptionFactory(group=group, name="Jam").ingredients.add(jam)
    product.ingredients.add(flour)
    product.option_groups.add(group)
    BranchProductFactory(branch=branch, product=product, stock=5)
    return product


@pytest.fixture
def office(admin_user, client):
    """The back office in an administrator's browser."""
    client.credentials()
    client.force_login(admin_user)
    return client


def read(client, *urls: str) -> list[bytes]:
    return [client.get(url).content for url in urls or (*URLS, f"/api/products/{Product.objects.get().pk}/")]


def seen_by(client, user, url: str):
    """What a user gets, or nobody in particular. One client for all: each client has a cache of its own."""
    client.credentials(**({} if user is None else {"HTTP_AUTHORIZATION": f"Bearer {start_family(user)['access']}"}))
    return client.get(url)


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return len(queries)


def picture() -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (2, 2)).save(drawn, "PNG")
    return SimpleUploadedFile("picture.png", drawn.getvalue(), "image/png")


def order_all(user, product, branch):
    add_to_cart(user=user, product_id=product.pk, quantity=5)
    return place_order(user=user)


# --- What is cached -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [*URLS, "/api/products/?search=croissant&ordering=-price"])
def test_answer_is_given_again_without_a_query(anonymous, shop, url):
    first = anonymous.get(url)

    with CaptureQueriesContext(connection) as queries:
        again = anonymous.get(url)

    assert len(queries) == 0
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])


@pytest.mark.parametrize("url", [*URLS, "/api/products/?search=croissant"])
def test_head_names_the_answer_as_get_does(anonymous, shop, url):
    got, head = anonymous.get(url), anonymous.head(url)

    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])


def test_cached_response_is_stale_when_no_change_is_announced(anonymous, shop):
    """The control of all tests below: what is noticed there would otherwise not be seen."""
    read(anonymous)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET name = 'Bagel'")

    assert b"Croissant" in read(anonymous)[0]


def test_unchanged_answer_is_304_and_changed_one_is_not(anonymous, shop):
    etag = anonymous.get("/api/products/")["ETag"]

    unchanged = anonymous.get("/api/products/", HTTP_IF_NONE_MATCH=etag)
    Product.objects.update(name="Bagel")
    changed = anonymous.get("/api/products/", HTTP_IF_NONE_MATCH=etag)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (changed.status_code, changed.json()["results"][0]["name"]) == (200, "Bagel")


def test_uncached_page_takes_three_queries(anonymous, shop):
    ProductFactory.create_batch(30)
    anonymous.get("/api/categories/")  # the generation begins

    first, *others = [queries_of(anonymous, f"/api/products/?page={page}") for page in (1, 2)]

    assert (first, *others) == (4, 2)  # the branch once for all answers; products, groups, and one count for all pages


def test_same_question_has_one_answer_however_it_is_put(anonymous, shop):
    first = anonymous.get("/api/products/?search=croissant&page_size=1")

    with CaptureQueriesContext(connection) as queries:
        again = anonymous.get("/api/products/?utm_source=x&page_size=1&search=croissant")

    assert len(queries) == 0
    assert again.json() == first.json()


def test_page_links_carry_what_was_understood(anonymous, shop):
    ProductFactory()

    page = anonymous.get("/api/products/?utm_source=x&page_size=1").json()

    assert page["next"] == "http://testserver/api/products/?page=2&page_size=1"


def test_parameters_are_those_of_the_document(anonymous):
    paths = anonymous.get("/swagger.json").json()["paths"]

    described = {
        parameter["name"]
        for path, methods in paths.items()
        if responsecache.ROUTES.fullmatch(f"/api{path}")
        for parameter in [*methods.get("get", {}).get("parameters", []), *methods.get("parameters", [])]
        if parameter["in"] == "query"
    }

    assert described == {*responsecache.PARAMETERS, responsecache.PRIVATE}


def test_what_is_hidden_never_reaches_others_by_the_cache(anonymous, admin_user, shop):
    Product.objects.update(is_active=False)

    hidden = seen_by(anonymous, admin_user, "/api/products/?include_inactive=true").json()["results"]

    assert [row["name"] for row in hidden] == ["Croissant"]
    assert seen_by(anonymous, None, "/api/products/").json()["results"] == []
    assert seen_by(anonymous, None, "/api/products/?include_inactive=true").status_code == 401


@pytest.mark.parametrize("url", ["/api/users/me/", "/api/cart/"])
def test_what_is_ones_own_is_never_cached(anonymous, admin_user, shop, user, url):
    add_to_cart(user=user, product_id=shop.pk)

    mine, theirs = seen_by(anonymous, user, url), seen_by(anonymous, admin_user, url)

    assert mine.json() != theirs.json()


@pytest.mark.parametrize("url", ["/api/products/?page=9", "/api/products/?ordering=x", "/api/products/0/"])
def test_refusal_is_not_cached_and_speaks_the_readers_language(anonymous, shop, url):
    english = anonymous.get(url)
    russian = anonymous.get(url, HTTP_ACCEPT_LANGUAGE="ru")

    assert english.status_code == russian.status_code >= 400
    assert english.content != russian.content


# --- Where it sits --------------------------------------------------------------------------------------------------


def test_cached_response_passes_what_every_answer_passes(anonymous, shop, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.shop.example"]
    read(anonymous, "/api/products/")

    cached = anonymous.get("/api/products/", HTTP_ORIGIN="https://app.shop.example", HTTP_X_REQUEST_ID="mine")

    assert cached["Access-Control-Allow-Origin"] == "https://app.shop.example"
    assert (cached["X-Request-ID"], cached["X-Content-Type-Options"]) == ("mine", "nosniff")
    assert "Content-Security-Policy" in cached
    assert cached["Cache-Control"] == "no-cache"
    assert not cached.cookies
    assert "Cookie" not in cached.get("Vary", "")


def test_cached_responses_are_warm_in_each_language(anonymous, shop):
    Product.objects.update(translations={"ru": {"name": "Круассан"}})
    for language in ("ru", "en"):
        anonymous.get("/api/products/", HTTP_ACCEPT_LANGUAGE=language)

    with CaptureQueriesContext(connection) as queries:
        answers = [anonymous.get("/api/products/", HTTP_ACCEPT_LANGUAGE=language) for language in ("ru", "en")]

    assert not queries.captured_queries
    assert [answer.json()["results"][0]["name"] for answer in answers] == ["Круассан", "Croissant"]
    assert [answer["Content-Language"] for answer in answers] == ["ru", "en"]
    assert all("Accept-Language" in answer["Vary"] for answer in answers)
    assert answers[0]["ETag"] != answers[1]["ETag"]


def test_wrong_host_gets_no_cached_response(anonymous, shop):
    read(anonymous, "/api/products/")

    assert anonymous.get("/api/products/", HTTP_HOST="evil.example").status_code == 400


def test_picture_has_the_host_that_was_asked(anonymous, shop, settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    Product.objects.update(image="products/x.png")

    urls = [
        anonymous.get("/api/products/", HTTP_HOST=host).json()["results"][0]["image"]
        for host in ("one.example", "two.example", "one.example")
    ]

    assert urls == [f"http://{host}.example/media/products/x.png" for host in ("one", "two", "one")]


def test_cached_response_counts_for_its_route(anonymous, shop):
    read(anonymous, "/api/products/")

    cached = anonymous.get("/api/products/")

    assert cached.wsgi_request.resolver_match.view_name == "product-list"


def test_nothing_is_cached_while_the_shared_version_is_unknown(anonymous, shop, settings):
    settings.CACHES = {
        "default": {"BACKEND": "CoffeeShop.backends.rediscache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    read(anonymous, "/api/products/")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET name = 'Bagel'")

    assert b"Bagel" in read(anonymous, "/api/products/")[0]


# --- Every way of writing -------------------------------------------------------------------------------------------

API = {
    "a product's name": ("patch", "/api/products/{product}/", {"name": "Bagel"}),
    "a product's groups": ("patch", "/api/products/{product}/", {"option_groups": []}),
    "a product hidden": ("patch", "/api/products/{product}/", {"is_active": False}),
    "a new product": ("post", "/api/products/", {"name": "Bagel", "price": "2.00", "category": "{category}"}),
    "a product deleted": ("delete", "/api/products/{product}/", None),
    "a category's name": ("patch", "/api/categories/{category}/", {"name": "Bakery"}),
    "a new category": ("post", "/api/categories/", {"name": "Bakery"}),
    "a group's name": ("patch", "/api/option-groups/{group}/", {"name": "Inside"}),
    "a group's options": ("patch", "/api/option-groups/{group}/", {"options": [{"name": "Ham"}]}),
    "a group deleted": ("delete", "/api/option-groups/{group}/", None),
    "a branch's name": ("patch", "/api/branches/main/", {"name": "Corner"}),
    "a branch's hours": (
        "patch", "/api/branches/main/", {"hours": [{"weekday": 0, "opens": "08:00", "closes": "09:00"}]}
    ),
    "a new branch": ("post", "/api/branches/", {"name": "Corner"}),
    "a price at a branch": ("patch", "/api/branch-products/{there}/", {"price": "9.99"}),
    "a recount to nothing": ("patch", "/api/branch-products/{there}/", {"stock": 0}),
    "the last ones wasted": ("post", "/api/branch-products/{there}/stock/", {"change": -5, "reason": "wasted"}),
    "an unlisted product": ("patch", "/api/branch-products/{there}/", {"is_listed": False}),
    "a product on the stop-list": ("post", "/api/branches/main/stop-list/", {"product": "{product}"}),
    "an option on the stop-list": ("post", "/api/branches/main/stop-list/", {"option": "{option}"}),
    "an ingredient on the stop-list": ("post", "/api/branches/main/stop-list/", {"ingredient": "{ingredient}"}),
    "an ingredient's name": ("patch", "/api/ingredients/{ingredient}/", {"name": "Cocoa"}),
    "a new ingredient": ("post", "/api/ingredients/", {"name": "Cocoa"}),
    "an ingredient deleted": ("delete", "/api/ingredients/{ingredient}/", None),
    "a product's ingredients": ("patch", "/api/products/{product}/", {"ingredients": []}),
    "an option switched off": (
        "patch", "/api/option-groups/{group}/", {"options": [{"id": "{option}", "name": "Jam", "is_active": False}]}
    ),
    "an option's ingredients": (
        "patch", "/api/option-groups/{group}/", {"options": [{"id": "{option}", "name": "Jam", "ingredients": []}]}
    ),
    "a product sold out by hand": (
        "patch", "/api/branch-products/{there}/", {"sold_out_until": "2099-01-01T00:00:00Z"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", API)
def test_next_reader_sees_what_the_api_changed(anonymous, admin_client, shop, what):
    method, url, body = API[what]
    ids = {
        "product": shop.pk,
        "category": shop.category_id,
        "group": OptionGroup.objects.get().pk,
        "there": BranchProduct.objects.get().pk,
        "option": Option.objects.get().pk,
        "ingredient": Ingredient.objects.get(name="Flour").pk,
    }
    body = body and json.loads(re.sub(r'"{(\w+)}"', lambda name: str(ids[name[1]]), json.dumps(body)))
    before = read(anonymous, *URLS)

    response = getattr(admin_client, method)(url.format(**ids), body)

    assert response.status_code < 300, response.content
    assert read(anonymous, *URLS) != before


@pytest.mark.parametrize("kind", ["product", "option", "ingredient"])
def test_next_reader_sees_what_left_the_stop_list(anonymous, admin_client, shop, kind):
    things = {"product": shop, "option": Option.objects.get(), "ingredient": Ingredient.objects.get(name="Flour")}
    plain = read(anonymous)

    entry = admin_client.post("/api/branches/main/stop-list/", {kind: things[kind].pk}).json()
    stopped = read(anonymous)
    admin_client.delete(f"/api/branches/main/stop-list/{entry['id']}/")

    assert stopped != plain
    assert read(anonymous) == plain


def test_next_reader_sees_a_branch_product_made_and_removed(anonymous, admin_client, branch):
    product = ProductFactory()
    plain = read(anonymous)

    body = {"branch": "main", "product": product.pk, "price": "1.00"}
    made = admin_client.post("/api/branch-products/", body)
    there = read(anonymous)
    admin_client.delete(f"/api/branch-products/{made.json()['id']}/")

    assert there != plain
    assert read(anonymous) == plain


def test_next_reader_sees_a_picture_set_and_removed(anonymous, admin_client, shop, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    url = f"/api/products/{shop.pk}/"
    read(anonymous, url)

    admin_client.put(f"{url}image/", {"image": picture()}, format="multipart")
    with_picture = anonymous.get(url).json()["image"]
    admin_client.delete(f"{url}image/")

    assert with_picture
    assert anonymous.get(url).json()["image"] is None


def test_next_reader_sees_the_last_one_sold_and_returned(anonymous, user, admin_user, shop, branch):
    url = f"/api/products/{shop.pk}/"
    seen = [anonymous.get(url).json()["is_available"]]

    order = order_all(user, shop, branch)
    seen.append(anonymous.get(url).json()["is_available"])
    change_status(order_id=order.pk, to=order.Status.CANCELLED, by=admin_user)
    seen.append(anonymous.get(url).json()["is_available"])

    assert seen == [True, False, True]


def test_next_reader_sees_what_an_admin_form_changed(anonymous, office, shop):
    read(anonymous)

    submit(office, f"/admin/products/product/{shop.pk}/change/", name="Bagel")

    assert b"Bagel" in read(anonymous, "/api/products/")[0]


def test_next_reader_sees_what_an_inline_changed(anonymous, office, shop):
    read(anonymous)

    submit(office, f"/admin/products/product/{shop.pk}/change/", **{"branch_products-0-price": "9.99"})

    assert anonymous.get("/api/products/").json()["results"][0]["price"] == "9.99"


def test_next_reader_sees_what_the_list_edit_changed(anonymous, office, shop):
    read(anonymous)
    body = {
        "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": shop.pk,
        "form-0-position": 0, "form-0-price": "8.00", "form-0-is_active": "on", "_save": "Save",
    }  # fmt: skip

    office.post("/admin/products/product/", body, format="multipart")

    assert anonymous.get("/api/products/").json()["results"][0]["price"] == "8.00"


@pytest.mark.parametrize("action", ["sell_out_today", "unlist", "delete_selected"])
def test_next_reader_sees_what_an_action_changed(anonymous, office, shop, action):
    before = read(anonymous, *URLS)

    body = {"action": action, "_selected_action": [shop.pk], "post": "yes"}
    office.post("/admin/products/product/", body, format="multipart")

    assert read(anonymous, *URLS) != before


def test_next_reader_sees_what_a_command_made(anonymous, branch, monkeypatch, tmp_path):
    read(anonymous, *URLS)
    monkeypatch.setattr(seed_demo, "PICTURES", tmp_path)  # what it says is enough

    call_command("seed_demo")

    assert anonymous.get("/api/products/").json()["count"] > 30


@pytest.mark.parametrize(
    "write",
    [
        lambda product: Product.objects.update(name="Bagel"),
        lambda product: Product.objects.bulk_create(
            [Product(name="Bagel", slug="b", price=1, category=product.category)]
        ),
        lambda product: Product.objects.bulk_update([Product(pk=product.pk, name="Bagel")], ["name"]),
        lambda product: Product.objects.all().delete(),
        lambda product: product.option_groups.clear(),
        lambda product: product.ingredients.clear(),
        lambda product: Option.objects.get().ingredients.clear(),
        lambda product: StopListEntry.objects.bulk_create(
            [StopListEntry(branch=Branch.objects.get(), product=product)]
        ),
        lambda product: OptionGroup.objects.get().options.update(name="Bagel"),
        lambda product: Category.objects.filter(pk=product.category_id).update(position=9),
        lambda product: BranchProduct.objects.update(price="9.99"),
    ],
)
def test_next_reader_sees_what_one_statement_changed(anonymous, shop, write):
    before = read(anonymous, *URLS)

    write(shop)

    assert read(anonymous, *URLS) != before


def test_change_is_seen_by_another_process_at_once(shop, admin_user, redis_url):
    with running_servers(2, REDIS_URL=redis_url, REDIS_PREFIX="test-cache") as servers:
        token = start_family(admin_user)["access"]
        seen = []
        for number in range(1, 21):
            writer, reader = servers[number % 2], servers[(number + 1) % 2]
            ask(reader, "/api/products/")  # cached there now
            ask(writer, f"/api/products/{shop.pk}/", "PATCH", {"price": f"{number}.00"}, token)
            seen.append(ask(reader, "/api/products/")["results"][0]["price"])

    assert seen == [f"{number}.00" for number in range(1, 21)]


@contextmanager
def running_servers(number: int, **environment: str):
    servers = [Daphne(**environment) for _ in range(number)]
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()


def ask(server: Daphne, path: str, method: str = "GET", body: dict | None = None, token: str = "") -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with HTTP.open(
        Request(f"http://127.0.0.1:{server.port}{path}", data, headers, method=method), timeout=20
    ) as answer:
        return json.load(answer)


# --- Time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["product", "ingredient"])
def test_product_returns_the_moment_its_stop_ends(anonymous, shop, kind):
    until = timezone.now() + timedelta(seconds=2)
    thing = {"product": shop} if kind == "product" else {"ingredient": Ingredient.objects.get(name="Flour")}
    put_on_stop_list(branch=Branch.objects.get(), until=until, by=None, **thing)
    url = "/api/products/?available=true"

    while timezone.now() < until:
        count, asked_at = anonymous.get(url).json()["count"], timezone.now()
        assert count == 0 or asked_at >= until

    assert anonymous.get(url).json()["count"] == 1


# --- And nothing else -----------------------------------------------------------------------------------------------


def test_version_stays_when_nothing_visible_changes(admin_client, client, user, shop, branch):
    there = BranchProduct.objects.get()
    before = shared_version.read()

    admin_client.patch(f"/api/products/{shop.pk}/", {"name": "Croissant", "price": "4.50"})
    admin_client.patch(f"/api/branch-products/{there.pk}/", {"stock": 4, "price": None})
    admin_client.post(f"/api/branch-products/{there.pk}/stock/", {"change": 3, "reason": "delivered"})
    client.post("/api/cart/", {"product": shop.pk})
    client.post("/api/orders/", {})
    admin_client.patch(f"/api/users/{user.pk}/", {"role": "user"})
    BranchProduct.objects.update(stock=6)
    Product.objects.filter(name="Bagel").update(name="Muffin")
    Product.objects.bulk_create([])

    there.refresh_from_db()
    assert there.stock == 6
    assert shared_version.read() == before


def test_version_stays_when_the_change_is_rolled_back(shop):
    before = shared_version.read()

    with transaction.atomic():
        Product.objects.update(name="Bagel")
        shop.save()
        transaction.set_rollback(True)

    assert shared_version.read() == before


def test_emptied_cache_brings_no_old_answer_back(anonymous, shop):
    read(anonymous)
    cache.clear()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE products_product SET name = 'Bagel'")

    assert b"Bagel" in read(anonymous, "/api/products/")[0]
