"""Does it stay fast? A small chain beside one of 200 branches and millions of rows; and 100,000 products beside 500."""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

from benchmarks import Table
from benchmarks.load import Ask, Visitor, expect, percentile, request, visit
from benchmarks.rounds import Pace, Series, take_turns
from benchmarks.stage import open_stage, perform
from drills import require
from drills.shop import Shop

SMALL = {"products": 500, "branches": 2, "users": 1_000, "orders": 1_000, "messages": 1_000}
MILLION = dict.fromkeys(("users", "orders", "messages"), 1_000_000)
CHAIN, CATALOGUE = {**SMALL, **MILLION, "branches": 200}, {**SMALL, "products": 100_000}
TASTE = {"products": 600, "branches": 4, "users": 2_000, "orders": 2_000, "messages": 2_000}
OF_CATALOGUE = re.compile("list|search|filter|menu")
# A server with the extension pg_trgm, on which databases may be made and dropped. The one we bring has none.
TRIGRAMS = "TRIGRAM_DATABASE_URL"
CACHED = ", cached"  # asked of a server that caches responses, as it does unless told otherwise
prices = itertools.count(10_000_000)  # that nothing costs


def bench(short: bool) -> list[Table]:
    chain, catalogue = (TASTE, TASTE) if short else (CHAIN, CATALOGUE)
    with open_stage(TEND_SECONDS="0") as shop:
        tables = [
            compared_sizes(shop, shop.postgres.url, chain, Pace.of(short), re.compile("")),
            compared_sizes(shop, shop.postgres.url, catalogue, Pace.of(short), OF_CATALOGUE),
        ]
        if url := os.environ.get(TRIGRAMS):
            tables.append(compared_sizes(shop, url, catalogue, Pace.of(short), re.compile("search")))
            tables[-1] = tables[-1]._replace(title=f"{tables[-1].title}; with pg_trgm")
    return tables


def compared_sizes(shop: Shop, server: str, large: dict[str, int], pace: Pace, only: re.Pattern) -> Table:
    """Times of the questions that begin so, on two databases of that server, taken in turns."""
    with database(shop, server, "bench_small") as small_url, database(shop, server, "bench_large") as large_url:
        places = [Place(shop, small_url, SMALL), Place(shop, large_url, large)]
        questions = [name for name in places[0].visitors if only.match(name)]
        candidates = {
            (name, number): partial(place.milliseconds, name)
            for name in questions
            for number, place in enumerate(places)
        }
        series = take_turns(candidates, pace._replace(seconds=0.5))
        for place in places:
            place.server.end()
            place.keeper.end()
    different = [name for name in SMALL if SMALL[name] != large[name]]
    sizes = [", ".join(f"{size[name]:,} {name}" for name in different) for size in (SMALL, large)]
    return Table(
        "Milliseconds for one answer, asked by one client",
        ["", *sizes, "×"],
        [row(name, series[name, 0], series[name, 1]) for name in questions],
    )


def row(name: str, small: Series, large: Series) -> list[str]:
    return [name, f"{small.median:.1f}", f"{large.median:.1f}", f"{large.ratio_to(small):.2f}"]


@contextmanager
def database(shop: Shop, server: str, name: str) -> Iterator[str]:
    """A migrated database that is dropped afterwards."""
    from django.db import connection

    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    with connected_to(server), connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    shop.env["DATABASE_URL"], before = url, shop.env["DATABASE_URL"]
    try:
        done = shop.manage("migrate", "--verbosity=0")
        require(done.returncode == 0, done.stderr)
        yield url
    finally:
        shop.env["DATABASE_URL"] = before
        with connected_to(server), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Point the ORM of this process at another database meanwhile."""
    import environ
    from django.db import connection

    before = connection.settings_dict
    connection.close()
    connection.settings_dict = {**before, **environ.Env.db_url_config(url)}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before


class Place:
    """A server on a database of some size, and who asks it what."""

    def __init__(self, shop: Shop, url: str, size: dict[str, int]):
        with connected_to(url):
            self.visitors = fill(size)
        self.server = perform(shop, "web", DATABASE_URL=url, CATALOGUE_CACHE_MB="0")
        self.keeper = perform(shop, "web", DATABASE_URL=url)

    def milliseconds(self, name: str, seconds: float) -> float:
        server = self.keeper if name.endswith(CACHED) else self.server
        measured = visit(server.port, [self.visitors[name]()], seconds)
        return 1000 * percentile(measured.times[""], 50)


def fill(size: dict[str, int]) -> dict[str, Callable[[], Visitor]]:
    """Fill a database; returns what is asked."""
    from benchmarks import fill as rows
    from users.models import Role

    rows.fill_catalogue(size["products"])
    rows.fill_branches(size["branches"])
    rows.fill_users(size["users"])
    (customer,), (administrator,) = rows.people(1), rows.people(1, Role.ADMIN)
    rows.fill_menu(kept=500)
    rows.fill_orders(size["orders"], customer)
    conversation = rows.fill_messages(size["messages"], customer)
    mine, all_of_it = rows.bearer(customer), rows.bearer(administrator)
    wanted = rows.fill_cart(customer)
    history = f"/api/support/conversations/{conversation}/messages/"
    return {
        "list": partial(asks, "/api/products/"),
        "list, by price, page 3": partial(asks, "/api/products/?ordering=-price&page=3"),
        "list up to a price": partial(asks, "/api/products/?max_price={}"),
        "search for one word": partial(asks, "/api/products/?search=f00"),
        "search for two words": partial(asks, "/api/products/?search=f00+%D0%BD%D0%BE%D0%BC%D0%B5%D1%80"),
        "filter by category and price": partial(asks, "/api/products/?category=category-3&min_price=5&max_price={}"),
        "filter by availability": partial(asks, "/api/products/?available=true"),
        "menu of 500": partial(asks, "/api/branches/main/menu/"),
        f"list{CACHED}": partial(asks, "/api/products/"),
        f"menu of 500{CACHED}": partial(asks, "/api/branches/main/menu/"),
        "orders, customer": partial(asks, "/api/orders/", mine),
        "orders, administrator": partial(asks, "/api/orders/", all_of_it),
        "orders, administrator, two statuses": partial(asks, "/api/orders/?status=pending,ready", all_of_it),
        "orders, open at a branch": partial(asks, "/api/orders/?open=true&branch=main", all_of_it),
        "branches, nearest first": partial(asks, "/api/branches/?near=59.93,30.31"),
        "one branch, ready when": partial(asks, "/api/branches/main/"),
        "users, found by name": partial(asks, "/api/users/?search=guest77", all_of_it),
        "report of a month": partial(asks, "/api/reports/service/?from=2020-02-01&to=2020-02-29", all_of_it),
        "chat history": partial(asks, history, mine),
        "chat queue": partial(asks, "/api/support/conversations/", all_of_it),
        "chat, unanswered": partial(asks, "/api/support/conversations/?unanswered=true", all_of_it),
        "cart": partial(asks, "/api/cart/", mine),
        "placing an order": partial(orders, wanted, mine),
    }


def asks(path: str, token: str = "") -> Visitor:
    """With a price in the path no question is asked twice."""
    headers = {"Authorization": token} if token else {}
    while True:
        expect((yield Ask("", request("GET", path.format(next(prices)), **headers))), 200)


def orders(products: list[int], token: str) -> Visitor:
    while True:
        for product in products:
            body = {"product": product, "quantity": 2}
            yield Ask("filling the cart", request("POST", "/api/cart/", body, Authorization=token))
        expect((yield Ask("", request("POST", "/api/orders/", {}, Authorization=token))), 201)
