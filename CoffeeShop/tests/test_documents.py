import re
from collections import Counter

import jsonschema
import pytest
from rest_framework.exceptions import APIException

import cart.exceptions
import orders.exceptions
import products.exceptions
import realtime.frames
import support.exceptions
import users.exceptions
from cart.serializers import CODES, PROBLEMS
from CoffeeShop.schema.document import Generator
from products.tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

ROUTES = {
    "/token/": {"post"},
    "/token/refresh/": {"post"},
    "/token/verify/": {"post"},
    "/token/blacklist/": {"post"},
    "/token/blacklist/all/": {"post"},
    "/users/": {"get", "post"},
    "/users/{id}/": {"get", "patch", "delete"},
    "/users/me/": {"get", "patch", "delete"},
    "/users/me/export/": {"get"},
    "/users/guest/": {"post"},
    "/users/claim/": {"post"},
    "/users/verify/": {"post"},
    "/users/verify/resend/": {"post"},
    "/users/password/change/": {"post"},
    "/users/password/reset/": {"post"},
    "/users/password/reset/confirm/": {"post"},
    "/categories/": {"get", "post"},
    "/categories/{id}/": {"get", "put", "patch", "delete"},
    "/products/": {"get", "post"},
    "/products/{id}/": {"get", "put", "patch", "delete"},
    "/products/{id}/image/": {"put", "delete"},
    "/ingredients/": {"get", "post"},
    "/ingredients/{id}/": {"get", "put", "patch", "delete"},
    "/option-groups/": {"get", "post"},
    "/option-groups/{id}/": {"get", "put", "patch", "delete"},
    "/branches/": {"get", "post"},
    "/branches/{slug}/": {"get", "put", "patch", "delete"},
    "/branches/{slug}/menu/": {"get"},
    "/branches/{slug}/screen/": {"get"},
    "/branches/mine/": {"get"},
    "/branches/{slug}/bar/": {"get", "patch"},
    "/branches/{slug}/hours/": {"get", "put"},
    "/branches/{slug}/slots/": {"get"},
    "/branches/{slug}/stop-list/": {"get", "post"},
    "/branches/{slug}/stop-list/{id}/": {"get", "delete"},
    "/branches/{slug}/staff/": {"get", "post"},
    "/branches/{slug}/staff/{id}/": {"get", "patch", "delete"},
    "/branch-products/": {"get", "post"},
    "/branch-products/{id}/": {"get", "put", "patch", "delete"},
    "/branch-products/{id}/stock/": {"post"},
    "/promo-codes/": {"get", "post"},
    "/promo-codes/{id}/": {"get", "put", "patch", "delete"},
    "/stamps/": {"get"},
    "/stamps/programme/": {"get", "patch"},
    "/cart/": {"get", "post", "put", "patch", "delete"},
    "/favourites/": {"get", "post"},
    "/favourites/{id}/": {"get", "patch", "delete"},
    "/favourites/{id}/order/": {"post"},
    "/orders/{id}/reorder/": {"post"},
    "/cart/promo/": {"put", "delete"},
    "/cart/{id}/": {"patch", "delete"},
    "/orders/": {"get", "post"},
    "/orders/{id}/": {"get", "put", "patch", "delete"},
    "/orders/{id}/items/{item_id}/": {"patch"},
    "/orders/{id}/move/": {"post"},
    "/orders/{id}/missing/": {"post"},
    "/orders/{id}/share/": {"get"},
    "/shared-orders/{token}/": {"get"},
    "/reports/sales/": {"get"},
    "/reports/service/": {"get"},
    "/support/conversations/": {"get", "post"},
    "/support/conversations/{id}/": {"get", "patch"},
    "/support/conversations/{id}/messages/": {"get", "post"},
    "/support/conversations/{id}/read/": {"post"},
}

CATALOGUE = tuple(f"/{name}/" for name in ("branches", "categories", "ingredients", "option-groups", "products"))
OF_STAFF = {"/branches/mine/", *(path for path in ROUTES if path.startswith("/branches/{slug}/"))} - {
    "/branches/{slug}/",
    "/branches/{slug}/menu/",
}


@pytest.fixture
def document(anonymous) -> dict:
    response = anonymous.get("/swagger.json")
    assert response.status_code == 200
    return response.json()


def operations(document: dict) -> dict:
    """`{(path, method): operation}` of the whole document."""
    return {
        (path, method): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_document_has_every_route_and_no_other(document):
    described = {}
    for path, method in operations(document):
        described.setdefault(path, set()).add(method)

    assert document["basePath"] == "/api"
    assert described == ROUTES


def test_every_operation_has_an_id_of_its_own(document):
    ids = Counter(operation["operationId"] for operation in operations(document).values())

    assert [name for name, times in ids.items() if times > 1] == []  # no client could be generated


def test_every_operation_has_a_description_and_one_error_schema(document):
    for (path, method), operation in operations(document).items():
        errors = {status: answer for status, answer in operation["responses"].items() if int(status) > 400}
        schemas = {answer["schema"]["$ref"] for answer in errors.values()}

        assert operation["description"], (path, method)
        assert schemas == {"#/definitions/Error"}, (path, method)


def test_document_asks_for_a_token_where_the_server_does(document):
    security = {key: bool(operation.get("security")) for key, operation in operations(document).items()}

    assert security["/products/", "get"] is False
    assert security["/token/", "post"] is False
    assert security["/users/", "post"] is False
    assert security["/products/", "post"] is True
    assert security["/orders/", "get"] is True


def test_document_describes_the_idempotency_key_where_one_is_taken(document):
    with_key = {
        key
        for key, operation in operations(document).items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
    }

    paths = {
        *("/cart/", "/orders/", "/token/refresh/", "/branch-products/{id}/stock/"),
        *("/favourites/", "/favourites/{id}/order/", "/orders/{id}/reorder/"),
    }
    assert with_key == {(path, "post") for path in paths}


@pytest.mark.parametrize(
    "url", ["/", "/developers/", "/swagger/", "/redoc/", "/swagger.yaml", "/healthz", "/admin/login/"]
)
def test_page_opens_without_a_token(anonymous, url):
    assert anonymous.get(url).status_code == 200


@pytest.mark.parametrize("page", ["/swagger/", "/redoc/"])
def test_page_gets_the_document_from_the_address_it_asks(anonymous, page):
    response = anonymous.get(f"{page}?format=openapi")

    assert response.status_code == 200
    assert response.json()["swagger"] == "2.0"


def test_document_in_an_unknown_format_is_404(anonymous):
    assert anonymous.get("/swagger.exe").status_code == 404


def test_document_names_every_code_that_our_exceptions_have(document):
    ours = {
        error.default_code
        for module in (
            *(users.exceptions, products.exceptions, cart.exceptions, orders.exceptions, support.exceptions),
            realtime.frames,
        )
        for error in vars(module).values()
        if isinstance(error, type) and issubclass(error, APIException) and error.__module__ == module.__name__
    }
    told = {
        code
        for operation in operations(document).values()
        for answer in operation["responses"].values()
        for code in re.findall(r"^`(\w+)`", answer["description"], re.MULTILINE)
    }

    # Of sockets, which AsyncAPI describes, and of the back office's pages.
    assert ours - told == {"malformed", "invalid", "catalogue_moved", "otp_set_up_already", "otp_not_set_up"}


def test_no_answer_is_documented_with_a_password(document):
    answered = {
        response["schema"]["$ref"].rpartition("/")[2]
        for operation in operations(document).values()
        for response in operation["responses"].values()
        if "$ref" in response.get("schema", ())
    }
    assert {"Registered", "Profile"} <= answered
    assert [name for name in answered if "password" in str(document["definitions"][name]["properties"])] == []


def test_everything_that_is_sent_has_an_example_that_fits(document):
    names = {
        parameter["schema"]["$ref"].rpartition("/")[2]
        for operation in operations(document).values()
        for parameter in operation["parameters"]
        if parameter["in"] == "body"
    }
    fields = {
        (name, field): schema for name in names for field, schema in document["definitions"][name]["properties"].items()
    }
    told = {key: schema for key, schema in fields.items() if not is_told_without_an_example(schema)}

    assert len(told) > 60
    for key, schema in told.items():
        assert "example" in schema, key
        jsonschema.validate(schema["example"], schema, format_checker=jsonschema.FormatChecker())


def is_told_without_an_example(schema: dict) -> bool:
    is_made_of_schemas = "$ref" in schema or "$ref" in schema.get("items", {})
    return is_made_of_schemas or schema.get("readOnly") or "enum" in schema or schema.get("type") == "boolean"


def test_document_describes_the_retry_and_cache_headers(document):
    answers = {
        (*key, status): answer
        for key, operation in operations(document).items()
        for status, answer in operation["responses"].items()
    }

    waiting = {key for key, answer in answers.items() if "Retry-After" in answer.get("headers", {})}
    kept = {key for key, answer in answers.items() if "ETag" in answer.get("headers", {})}
    assert waiting == {key for key in answers if key[2] in {"429", "503"}}
    assert kept == {key for key in answers if (*key[:2], "304") in answers and key[2] in {"200", "304"}}
    assert {path for path, _method, _status in kept} == {
        path
        for path, methods in ROUTES.items()
        if path.startswith(CATALOGUE) and path not in OF_STAFF and "get" in methods
    }


def test_document_is_the_same_for_readers_of_russian(document, anonymous):
    assert anonymous.get("/swagger.json", headers={"accept-language": "ru"}).json() == document


def test_method_that_nobody_may_use_is_405_whoever_asks(anonymous, client):
    assert anonymous.patch("/api/orders/").status_code == 405
    assert client.put("/api/branches/main/menu/").status_code == 405


@pytest.mark.parametrize(
    "field", [{"name": 5}, {"name": True}, {"description": 0}, {"is_active": "yes"}, {"price": ""}]
)
def test_text_and_booleans_are_taken_as_they_are_documented(admin_client, field):
    product = ProductFactory()

    assert admin_client.patch(f"/api/products/{product.pk}/", field).status_code == 400


def test_document_is_made_once_for_a_host_whoever_asks(anonymous, monkeypatch, settings):
    settings.ALLOWED_HOSTS = [".made-once.example"]
    made = []
    make = Generator.get_schema
    monkeypatch.setattr(Generator, "get_schema", lambda *args: made.append(1) or make(*args))

    answers = [
        anonymous.get("/swagger.json", HTTP_HOST=f"{name}.made-once.example") for name in ("a", "b", "a", "b", "a")
    ]

    assert len(made) == 2
    assert [answer.json()["host"] for answer in answers][:3] == [
        f"{name}.made-once.example" for name in ("a", "b", "a")
    ]


def test_problems_of_a_cart_are_documented_by_code(document):
    problem = document["definitions"]["Problem"]

    assert problem["properties"]["code"]["enum"] == CODES == list(problem["x-examples"])
    assert list(problem["x-examples"].values()) == PROBLEMS
    assert {name for example in PROBLEMS for name in example} <= set(problem["properties"])
    assert all(f'"code": "{code}"' in problem["description"] for code in CODES)
