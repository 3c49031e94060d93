"""The catalogue list and the menu: cached, uncached and unchanged, beside DRF, FastAPI, django-ninja and the limits."""

import itertools
from collections.abc import Callable
from pathlib import Path

from benchmarks import Table
from benchmarks.load import Answer, Ask, Visitor, ask_once, expect, repeat, request, visit
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import open_stage, perform
from drills import require
from drills.shop import Process, Shop

CLIENTS = 16
PRODUCTS = 100
DEAR = 10_000_000  # costs more than anything we sell
UNCACHED = "CoffeeShop, uncached"
CHARTED = ["CoffeeShop", UNCACHED, "plain DRF", "FastAPI + SQLAlchemy", "django-ninja", "bare Django view"]
LIST, MENU = "/api/products/", "/api/branches/main/menu/"


def bench(short: bool) -> list[Table]:
    with open_stage() as shop:
        from benchmarks.fill import fill_catalogue

        fill_catalogue(PRODUCTS)
        ours = {"CoffeeShop": perform(shop, "web"), UNCACHED: perform(shop, "web", CATALOGUE_CACHE_MB="0")}
        rivals = {
            "plain DRF": perform(shop, "django", RIVAL="drf"),
            "FastAPI + SQLAlchemy": perform(shop, "fastapi"),
            "django-ninja": perform(shop, "django", RIVAL="ninja"),
        }
        pace = Pace.of(short)
        return [
            *(table for path in (LIST, MENU) for table in answers(shop, path, ours, rivals, pace)),
            anew({UNCACHED: ours[UNCACHED], **rivals}, pace),
            in_two_languages(ours["CoffeeShop"], pace),
        ]


def answers(shop: Shop, path: str, ours: dict[str, Process], rivals: dict[str, Process], pace: Pace) -> list[Table]:
    right = expect(ask_once(ours["CoffeeShop"].port, request("GET", path)), 200)
    file = Path(shop.logs, "answer.json")
    file.write_bytes(right.body)
    limits = {
        "bare Django view": perform(shop, "django", RIVAL="bare", ANSWER=str(file)),
        "raw ASGI": perform(shop, "raw", ANSWER=str(file)),
    }
    all_in_one = perform(shop, "ws")
    servers = {**ours, "CoffeeShop, all in one daphne": all_in_one, **rivals, **limits}
    candidates = {name: asking(server, path, right) for name, server in servers.items()}
    for name in ("CoffeeShop", "plain DRF"):
        etag = ask_once(servers[name].port, request("GET", path)).header(b"etag")
        candidates[f"{name}, 304"] = asking(servers[name], path, right, etag=etag)
    series = take_turns(candidates, pace)
    for server in (*limits.values(), all_in_one):
        server.end()
    return [
        compared(
            f"`GET {path}`, {CLIENTS} clients", series, to=["plain DRF", "FastAPI + SQLAlchemy", "bare Django view"]
        )
    ]


def asking(server: Process, path: str, right: Answer, etag: str = "") -> Callable[[float], float]:
    """Build the measurement of a server, after checking its answer, in whatever order it writes the keys."""
    payload = request("GET", path, **({"If_None_Match": etag} if etag else {}))
    answer = ask_once(server.port, payload)
    if etag:
        expect(answer, 304)
    else:
        same(expect(answer, 200), right)
    return lambda seconds: visit(server.port, [repeat(payload, answer) for _ in range(CLIENTS)], seconds).rate


def same(answer: Answer, right: Answer) -> None:
    """A rival may lag behind the shop: what it knows has to be right, and what it leaves out makes it faster."""
    require(
        agrees(answer.json(), right.json()),
        f"A rival answers otherwise: {answer.body[:600]!r}, not {right.body[:600]!r}",
    )


def agrees(known: object, right: object) -> bool:
    """Is everything in `known` the same in `right`, which may have more keys?"""
    if isinstance(known, dict) and isinstance(right, dict):
        return all(name in right and agrees(value, right[name]) for name, value in known.items())
    if isinstance(known, list) and isinstance(right, list):
        return len(known) == len(right) and all(map(agrees, known, right))
    return known == right


def anew(servers: dict[str, Process], pace: Pace) -> Table:
    """No question is asked twice, and all of them have the same answer: everything costs less than that."""
    prices = itertools.count(DEAR + 1)
    right = ask_once(servers[UNCACHED].port, question(DEAR))

    def measuring(server: Process) -> Callable[[float], float]:
        answer = expect(ask_once(server.port, question(DEAR)), 200)
        same(answer, right)
        return lambda seconds: visit(server.port, [asks_anew(prices, answer) for _ in range(CLIENTS)], seconds).rate

    series = take_turns({name: measuring(server) for name, server in servers.items()}, pace)
    return compared("The list, never asked before", series, to=["plain DRF", "FastAPI + SQLAlchemy"])


def in_two_languages(server: Process, pace: Pace) -> Table:
    """Every client in turn in each of its languages. All responses are cached."""
    translate_catalogue()

    def measuring(languages: list[str]) -> Callable[[float], float]:
        payloads = [request("GET", MENU, Accept_Language=language) for language in languages]
        answers = [(payload, expect(ask_once(server.port, payload), 200)) for payload in payloads]
        require(len({answer.body for _payload, answer in answers}) == len(languages), "The languages read the same")
        return lambda seconds: visit(server.port, [in_turn(answers) for _ in range(CLIENTS)], seconds).rate

    one, two = "in one language", "in two languages, taking turns"
    series = take_turns({one: measuring(["en"]), two: measuring(["en", "ru"])}, pace)
    return compared(f"The menu, kept, {CLIENTS} clients", series, to=[one])


def in_turn(answers: list[tuple[bytes, Answer]]) -> Visitor:
    for payload, expected in itertools.cycle(answers):
        answer = yield Ask("", payload)
        require(answer.body == expected.body, f"Another answer: {answer.body[:500]!r}")


def translate_catalogue() -> None:
    from products.models import Product

    for product in Product.objects.all():
        product.translations = {"ru": {"name": f"Кофе {product.pk}", "description": "Обжарен к утру."}}
        product.save()


def question(price: int) -> bytes:
    return request("GET", f"{LIST}?max_price={price}")


def asks_anew(prices: itertools.count, right: Answer) -> Visitor:
    while True:
        price = next(prices)
        answer = expect((yield Ask("", question(price))), 200)
        is_right = answer.body.replace(b"%d" % price, b"%d" % DEAR) == right.body
        require(is_right, f"Another answer: {answer.body[:500]!r}")
