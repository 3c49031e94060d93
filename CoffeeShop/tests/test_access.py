"""Who may do what: every route and method of the server, for every kind of person.

A route or a method that the table does not have fails, and so does one that the server does not have. The socket has a
table of its own, in `support/tests/test_socket_access.py`.
"""

import json

import pytest
from django.db import transaction
from django.test import Client

from CoffeeShop.routing import websocket_urlpatterns
from CoffeeShop.tests.conftest import PEOPLE, written
from CoffeeShop.tests.routes import all_routes

# `owner` is whoever the order, the cart's line, the conversation and the account of the address belong to.
ALL = "in  in  in  in  in  in  in  in  in"  # in: asked as one who may, whatever the answer is then
SELF = "401 in  in  in  401 in  in  in  in"
ADMIN = "401 403 403 403 401 in  403 403 403"
OWN = "401 404 404 in  401 in  404 404 404"
OWN_CART = "401 404 404 in  401 404 404 404 404"  # an administrator has no business there
OWN_OR_STAFF = "401 404 404 in  401 in  in  in  404"
STAFF = "401 403 403 403 401 in  in  in  404"  # of the branch
MANAGED = "401 403 403 403 401 in  403 in  404"
STAFF_ONLY = "401 403 403 403 401 in  in  in  403"  # where others know that it is there
MANAGER = "401 403 403 403 401 in  403 in  403"  # of the branch
MANAGES = "401 403 403 403 401 in  403 in  403"  # any branch

TABLE = {
    "/api/token/": {"POST": ALL},
    "/api/token/refresh/": {"POST": ALL},
    "/api/token/verify/": {"POST": ALL},
    "/api/token/blacklist/": {"POST": ALL},
    "/api/token/blacklist/all/": {"POST": SELF},
    "/api/users/": {"GET": ADMIN, "POST": ALL},
    "/api/users/<pk>/": {"GET": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/users/me/": {"GET": SELF, "PATCH": SELF, "DELETE": SELF},
    "/api/users/me/export/": {"GET": SELF},
    "/api/users/guest/": {"POST": ALL},
    "/api/users/claim/": {"POST": SELF},
    "/api/users/verify/": {"POST": ALL},
    "/api/users/verify/resend/": {"POST": ALL},
    "/api/users/password/change/": {"POST": SELF},
    "/api/users/password/reset/": {"POST": ALL},
    "/api/users/password/reset/confirm/": {"POST": ALL},
    "/api/categories/": {"GET": ALL, "POST": ADMIN},
    "/api/categories/<pk>/": {"GET": ALL, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/products/": {"GET": ALL, "POST": ADMIN},
    "/api/products/<pk>/": {"GET": ALL, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/products/<pk>/image/": {"PUT": ADMIN, "DELETE": ADMIN},
    "/api/ingredients/": {"GET": ALL, "POST": ADMIN},
    "/api/ingredients/<pk>/": {"GET": ALL, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/option-groups/": {"GET": ALL, "POST": ADMIN},
    "/api/option-groups/<pk>/": {"GET": ALL, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/branches/": {"GET": ALL, "POST": ADMIN},
    "/api/branches/<slug>/": {"GET": ALL, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/branches/<slug>/menu/": {"GET": ALL},
    "/api/branches/<slug>/bar/": {"GET": STAFF_ONLY, "PATCH": STAFF_ONLY},
    "/api/branches/<slug>/screen/": {"GET": ALL},
    "/api/branches/<slug>/hours/": {"GET": MANAGER, "PUT": MANAGER},
    "/api/branches/<slug>/slots/": {"GET": SELF},
    "/api/branches/<slug>/staff/": {"GET": MANAGER, "POST": MANAGER},
    "/api/branches/<slug>/staff/<pk>/": {"GET": MANAGER, "PATCH": MANAGER, "DELETE": MANAGER},
    "/api/branches/<slug>/stop-list/": {"GET": STAFF_ONLY, "POST": STAFF_ONLY},
    "/api/branches/<slug>/stop-list/<pk>/": {"GET": STAFF_ONLY, "DELETE": STAFF_ONLY},
    "/api/branches/mine/": {"GET": SELF},
    "/api/branch-products/": {"GET": "401 403 403 403 401 in  in  in  in", "POST": MANAGER},
    "/api/branch-products/<pk>/": {"GET": STAFF, "PUT": MANAGED, "PATCH": MANAGED, "DELETE": ADMIN},
    "/api/branch-products/<pk>/stock/": {"POST": STAFF},
    "/api/promo-codes/": {"GET": ADMIN, "POST": ADMIN},
    "/api/promo-codes/<pk>/": {"GET": ADMIN, "PUT": ADMIN, "PATCH": ADMIN, "DELETE": ADMIN},
    "/api/stamps/": {"GET": SELF},
    "/api/stamps/programme/": {"GET": ALL, "PATCH": ADMIN},
    "/api/cart/": {"GET": SELF, "POST": SELF, "PUT": SELF, "PATCH": SELF, "DELETE": SELF},
    "/api/favourites/": {"GET": SELF, "POST": SELF},
    "/api/favourites/<pk>/": {"GET": OWN_CART, "PATCH": OWN_CART, "DELETE": OWN_CART},
    "/api/favourites/<pk>/order/": {"POST": OWN_CART},
    "/api/cart/promo/": {"PUT": SELF, "DELETE": SELF},
    "/api/cart/<pk>/": {"PATCH": OWN_CART, "DELETE": OWN_CART},
    "/api/orders/": {"GET": SELF, "POST": SELF},
    "/api/orders/<pk>/": {"GET": OWN_OR_STAFF, "PUT": OWN_OR_STAFF, "PATCH": OWN_OR_STAFF, "DELETE": ADMIN},
    "/api/orders/<pk>/items/<item_id>/": {"PATCH": "401 404 404 403 401 in  in  in  404"},
    "/api/orders/<pk>/reorder/": {"POST": OWN_OR_STAFF},
    "/api/orders/<pk>/move/": {"POST": OWN_OR_STAFF},
    "/api/orders/<pk>/share/": {"GET": OWN_OR_STAFF},
    "/api/shared-orders/<token>/": {"GET": ALL},
    "/api/orders/<pk>/missing/": {"POST": "401 404 404 in  401 403 403 403 404"},
    "/api/reports/sales/": {"GET": MANAGES},
    "/api/reports/service/": {"GET": MANAGES},
    "/api/support/conversations/": {"GET": SELF, "POST": "401 in in in 401 403 in in in"},
    "/api/support/conversations/<pk>/": {"GET": OWN, "PATCH": ADMIN},
    "/api/support/conversations/<pk>/messages/": {"GET": OWN, "POST": OWN},
    "/api/support/conversations/<pk>/read/": {"POST": OWN},
}
INACTIVE = ("/api/products/", "/api/products/<pk>/", "/api/categories/", "/api/branches/", "/api/branches/<slug>/")
# For everybody, and none of the API.
PAGES = {
    *("/", "/account/verify/", "/account/reset/", "/support/", "/swagger/", "/redoc/", "/swagger.<format>"),
    *("/asyncapi/", "/asyncapi.<format>"),
    *("/board/", "/board/<slug:slug>/", "/board/<slug:slug>/screen/"),
    *("/media/<path>", "/healthz", "/readyz", "/metrics", "/developers/"),
    *(
        "/branches/",
        "/at/<slug:branch>/",
        "/at/<slug:branch>/<int:product>/",
        "/cart/",
        "/orders/",
        "/orders/<int:order>/",
        "/stamps/",
    ),
    *("/profile/", "/profile/<slug:part>/", "/menu/<slug:slug>/", "/screens/<slug:language>/"),
    *("/service-worker.js", "/manifest.webmanifest"),
    "/o/<token>/",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY")

# What lies behind the back office's door for somebody who is not let in; everything else sends them to the door.
OPEN_ADMIN = {"/admin/login/": 200, "/admin/logout/": 302, "/admin/support/conversation/console/token/": 401}

BODIES = {
    ("/api/orders/<pk>/move/", "POST"): {"branch": "main"},
    ("/api/orders/<pk>/items/<item_id>/", "PATCH"): {"made": 1},
    ("/api/support/conversations/<pk>/messages/", "POST"): {
        "client_id": "0b54a2a2-40a5-4e9a-8d4e-0d2c3f3f3a11",
        "text": "hello",
    },
    ("/api/support/conversations/<pk>/read/", "POST"): {"seq": 1},
}


def api_routes() -> dict[str, set[str]]:
    return {route.path: route.methods for route in all_routes() if route.path.startswith("/api/")}


def admin_paths() -> list[str]:
    return [route.path for route in all_routes() if route.path.startswith("/admin/")]


def test_table_has_every_route_and_method_and_no_other():
    pages = {route.path for route in all_routes() if not route.path.startswith(("/api/", "/admin/"))}

    assert api_routes() == {path: set(row) for path, row in TABLE.items()}
    assert pages == PAGES
    assert [str(route.pattern) for route in websocket_urlpatterns] == ["ws/support/", "ws/orders/"]


def verdict(status: int) -> str:
    return str(status) if status in {401, 403, 404, 405} else "in"


def ask(client, method: str, address: str, body: dict | None = None) -> str:
    """Whether one is let in, and that the refused leave no trace. What the others did is taken back."""
    before, savepoint = written(), transaction.savepoint()
    response = client.generic(method, address, json.dumps(body or {}), content_type="application/json")
    found = verdict(response.status_code)
    assert response.status_code < 500, (method, address)
    assert found == "in" or written() == before, (method, address)
    transaction.savepoint_rollback(savepoint)
    return found


@pytest.mark.parametrize("route", TABLE)
def test_everybody_may_do_what_the_table_says(clients, addresses, route):
    for method, row in TABLE[route].items():
        body = BODIES.get((route, method))
        expected = dict(zip(PEOPLE, row.split(), strict=True))
        found = {name: ask(clients[name], method, addresses[route], body) for name in PEOPLE}

        assert found == expected, method


@pytest.mark.parametrize("route", TABLE)
def test_nobody_may_do_what_the_table_does_not_have(clients, addresses, route):
    for method in set(METHODS) - {"HEAD", "OPTIONS"} - set(TABLE[route]):
        found = {name: ask(clients[name], method, addresses[route]) for name in PEOPLE}

        assert set(found.values()) <= {"401", "403", "405"}, method
        assert found["administrator"] == "405", method


@pytest.mark.parametrize("route", [route for route, row in TABLE.items() if "GET" in row])
def test_head_tells_no_more_than_get(clients, addresses, route):
    for name in PEOPLE:
        answers = [clients[name].generic(method, addresses[route]) for method in ("GET", "HEAD")]

        assert answers[0].status_code == answers[1].status_code, name
        assert answers[1].content == b"", name


@pytest.mark.parametrize("route", INACTIVE)
def test_what_is_off_the_menu_is_for_administrators(clients, addresses, route):
    found = {name: ask(clients[name], "GET", f"{addresses[route]}?include_inactive=true") for name in PEOPLE}

    assert found == dict(zip(PEOPLE, ADMIN.split(), strict=True))


@pytest.mark.parametrize("route", sorted(PAGES))
def test_pages_are_for_everybody_and_change_nothing(clients, route):
    for name in PEOPLE:
        for method in METHODS:
            ask(clients[name], method, route.replace("<format>", "json"))


@pytest.mark.parametrize("name", PEOPLE)
def test_back_office_is_for_administrators(people, name):
    visitor = Client(raise_request_exception=False)
    if people[name] is not None:
        visitor.force_login(people[name])
    for route in admin_paths():
        before = written()
        response = visitor.get(route.replace("<path:object_id>", "1").replace("<object_id>", "1"))
        is_at_the_door = response.status_code == 302 and response["Location"].startswith("/admin/login/")

        if name == "administrator":
            assert response.status_code < 500, route
            assert not is_at_the_door, route
        elif route in OPEN_ADMIN:
            assert response.status_code == OPEN_ADMIN[route], route
        else:
            assert is_at_the_door, (route, response.status_code)
            assert written() == before, route
