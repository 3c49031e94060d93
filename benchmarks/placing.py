"""Placing an order of three items: ours, the same in plain DRF and ORM, and our statements alone by pgbench."""

import re
import subprocess
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks import Table, machine
from benchmarks.load import Answer, Ask, Visitor, expect, request, visit
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import open_stage, perform
from drills import Failed, require
from drills.shop import Shop
from postgres import INSTALLATION

CLIENTS = 16
# Ids that can be told apart in the text of a statement.
PRODUCT, ITEM, USER, RECORD, ORDER, NUMBER = 51_000_000, 52_000_000, 53_000_000, 54_000_000, 55_000_000, 6_543_210
KEY = "00000000-0000-4000-8000-000000000000"


def bench(short: bool) -> list[Table]:
    customers = CLIENTS if short else 20 * CLIENTS
    with open_stage() as shop:
        fill(customers)
        tokens = sign_in()
        ports = {"CoffeeShop": perform(shop, "web").port, "plain DRF": perform(shop, "django", RIVAL="ordering").port}
        same_orders(ports, tokens)
        script = pgbench_script(shop)
        candidates = {
            **{name: lambda _seconds, port=port: over_http(port, tokens) for name, port in ports.items()},
            "CoffeeShop, with a code and a free cup": lambda _seconds: with_offers(ports["CoffeeShop"], tokens),
            "CoffeeShop without HTTP, one by one": lambda _seconds: without_http(),
            "pgbench, our statements": lambda _seconds: by_pgbench(shop, script, customers // CLIENTS),
        }
        series = take_turns(candidates, Pace.of(short))
    title = f"`POST /api/orders/`, three items, {CLIENTS} clients"
    return [compared(title, series, to=["plain DRF", "pgbench, our statements"], unit="orders/s")]


def fill(customers: int) -> None:
    """Customers without a cart. Each client's have three products of their own: customers rarely want the same one."""
    from benchmarks.fill import fill_catalogue, people, run
    from users.models import CustomUser, Role

    fill_catalogue(100)
    people(2, Role.ADMIN)
    run("SELECT setval('users_customuser_id_seq', %s)", USER - 1)
    people(customers)
    require(CustomUser.objects.filter(pk__gte=USER).count() == customers, "Customers' ids do not follow one another")
    run(
        """
        INSERT INTO products_product
            (id, name, slug, description, price, prep_seconds, image, is_active, created_at, updated_at, category_id)
        SELECT %s + n, 'Coffee of customer ' || n, 'of-customer-' || n, '', 4.50, 1, '', true, now(), now(),
               (SELECT min(id) FROM products_category)
        FROM generate_series(0, %s) AS n
        """,
        PRODUCT, 3 * CLIENTS - 1,
    )  # fmt: skip
    run(
        """
        INSERT INTO products_branchproduct (id, branch_id, product_id, is_listed, price, stock)
        SELECT id, (SELECT id FROM products_branch WHERE is_default), id, true, NULL, 1000000
        FROM products_product WHERE id >= %s
        """,
        PRODUCT,
    )
    run(
        """
        INSERT INTO products_product_option_groups (product_id, optiongroup_id)
        SELECT product.id, question.id FROM products_product AS product, products_optiongroup AS question
        WHERE product.id >= %s AND question.id < 3
        """,
        PRODUCT,
    )


def fill_carts() -> None:
    """Three lines for each customer, each with one option, and a bar with nothing to do."""
    from benchmarks.fill import run

    empty_carts()
    finish_orders()
    run(
        """
        INSERT INTO cart_cartitem
            (id, user_id, product_id, configuration, options, position, quantity, created_at, updated_at)
        SELECT %s + 3 * (id - %s) + line, id, %s + 3 * (id %% %s) + line, '1', '[{"id": 1, "name": "Option 0"}]', line,
               2, now(), now()
        FROM users_customuser, generate_series(0, 2) AS line WHERE id >= %s
        """,
        ITEM, USER, PRODUCT, CLIENTS, USER,
    )  # fmt: skip
    run("INSERT INTO rival_cartitem SELECT id, user_id, product_id, quantity FROM cart_cartitem")
    run("INSERT INTO rival_cartitem_options (cartitem_id, option_id) SELECT id, 1 FROM rival_cartitem")


def fill_offers() -> None:
    """Ten per cent by a limited code, and a reward for each customer."""
    from benchmarks.fill import run
    from promotions.models import PromoCode

    limits = {"limit_total": 10**9, "limit_per_user": 10**6}
    PromoCode.objects.get_or_create(code="MORNING", defaults={"kind": "percent", "value": 10, **limits})
    run(
        """
        INSERT INTO cart_cart (user_id, promo_code, use_reward)
        SELECT id, 'MORNING', true FROM users_customuser WHERE id >= %s
        ON CONFLICT (user_id) DO UPDATE SET promo_code = excluded.promo_code, use_reward = true
        """,
        USER,
    )
    run(
        """
        WITH card AS (
            INSERT INTO promotions_stampcard (user_id, stamps, rewards, rule)
            SELECT id, 0, 1, '{}' FROM users_customuser WHERE id >= %s
            ON CONFLICT (user_id) DO UPDATE SET rewards = promotions_stampcard.rewards + 1 RETURNING user_id
        )
        INSERT INTO promotions_stampentry (user_id, kind, stamps, rewards, order_id, rule, created_at)
        SELECT user_id, 'exchanged', -10, 1, 0, '{"needed": 10, "categories": [], "max_price": null}', now() FROM card
        """,
        USER,
    )


def empty_carts() -> None:
    from benchmarks.fill import run

    for table in ("rival_cartitem_options", "rival_cartitem", "cart_cartitem"):
        run(f"DELETE FROM {table}")  # noqa: S608 - names of ours


def finish_orders() -> None:
    """The bar has made it all: what was ordered before is in nobody's way, whoever took the order."""
    from benchmarks.fill import run

    run("DELETE FROM products_openwork")
    run("UPDATE orders_order SET status = 'completed' WHERE status <> 'completed'")


def sign_in() -> list[str]:
    from benchmarks.fill import bearer
    from users.models import CustomUser

    return [bearer(user) for user in CustomUser.objects.filter(pk__gte=USER).order_by("pk")]


def over_http(port: int, tokens: list[str]) -> float:
    """Every customer orders once."""
    fill_carts()
    return everybody_orders(port, tokens, total="27.00")


def with_offers(port: int, tokens: list[str]) -> float:
    """The same with a promo code whose uses are counted, and a free cup of the stamp card."""
    fill_carts()
    fill_offers()
    return everybody_orders(port, tokens, total="20.25")


def everybody_orders(port: int, tokens: list[str], total: str) -> float:
    waiting = iter(tokens)
    return visit(port, [customers_of(waiting, total) for _ in range(CLIENTS)], 60).rate


def customers_of(waiting: Iterator[str], total: str) -> Visitor:
    for token in waiting:
        order = expect((yield Ask("", placing(token))), 201).json()
        require((len(order["items"]), order["total_price"]) == (3, total), f"Another order: {order}")


def placing(token: str) -> bytes:
    return request("POST", "/api/orders/", {}, Authorization=token, Idempotency_Key=str(uuid.uuid4()))


def same_orders(ports: dict[str, int], tokens: list[str]) -> None:
    """A rival's order has to look like ours, as far as it knows the fields."""
    ours, theirs = (order_of(port, tokens[0]) for port in ports.values())
    require(known(ours, theirs) == theirs, f"A rival orders {theirs}, we order {ours}")


def known(ours: object, theirs: object) -> object:
    """Our answer without the fields that the other side does not know."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {name: known(value, theirs[name]) for name, value in ours.items() if name in theirs}
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return [known(mine, other) for mine, other in zip(ours, theirs, strict=True)]
    return ours


def order_of(port: int, token: str) -> dict:
    fill_carts()
    answers: list[Answer] = []

    def visitor() -> Visitor:
        answers.append(expect((yield Ask("", placing(token))), 201))

    visit(port, [visitor()], 30)
    order = answers[0].json()
    for row in (order, *order["items"], *order["events"]):
        for name in ("id", "number", "promised_at", "created_at", "updated_at", "at"):
            row.pop(name, None)
    return order


def without_http() -> float:
    import time

    from orders.placing import place_order
    from users.models import CustomUser

    fill_carts()
    users = list(CustomUser.objects.filter(pk__gte=USER))
    began = time.perf_counter()
    with machine.pinned(machine.SERVER):
        for user in users:
            place_order(user=user)
    return len(users) / (time.perf_counter() - began)


# --- Our statements without us --------------------------------------------------------------------------------------


def pgbench_script(shop: Shop) -> Path:
    """Write our statements for one order as a pgbench script, the ids of a customer and their order as variables."""
    statements = [parametrised(statement) for statement in statements_of_an_order()]
    head = [
        r"\set n :n + 1",
        rf"\set user {USER} + :client_id + {CLIENTS} * (:n - 1)",
        *(rf"\set item{line} {ITEM} + 3 * (:user - {USER}) + {line}" for line in range(3)),
        *(rf"\set product{line} {PRODUCT} + 3 * (:user % {CLIENTS}) + {line}" for line in range(3)),
        r"\set number random(1, 9999999999)",
        r"\set key random(1, 9000000000000000000)",
    ]
    script = Path(shop.logs, "placing.sql")
    script.write_text("\n".join([*head, *(f"{statement};" for statement in statements)]) + "\n", encoding="utf-8")
    return script


def statements_of_an_order() -> list[str]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.fill import bearer, run
    from users.models import CustomUser

    run("SELECT setval('users_idempotencyrecord_id_seq', %s)", RECORD - 1)
    run("SELECT setval('orders_order_id_seq', %s)", ORDER - 1)
    run("UPDATE orders_pickupcounter SET last_number = %s", NUMBER - 1)
    fill_carts()
    headers = {"Authorization": bearer(CustomUser.objects.get(pk=USER)), "Idempotency-Key": KEY}
    client = Client(headers=headers, HTTP_HOST=settings.ALLOWED_HOSTS[0])
    with CaptureQueriesContext(connection) as captured:
        answer = client.post("/api/orders/", {}, content_type="application/json")
    require(answer.status_code == 201, answer.content)
    return [query["sql"] for query in captured]


def parametrised(statement: str) -> str:
    """Ids within stored JSON stay: nobody looks them up."""
    variables = {
        **{str(ITEM + line): f":item{line}" for line in range(3)},
        # The first customer's products are the remainder's, which is not the first.
        **{str(PRODUCT + 3 * (USER % CLIENTS) + line): f":product{line}" for line in range(3)},
        str(USER): ":user",
        str(RECORD): "currval('users_idempotencyrecord_id_seq')",
        str(ORDER): "currval('orders_order_id_seq')",
        str(NUMBER): ":number",
        KEY: ":key",
    }
    text = " ".join(statement.split())
    return re.sub(rf'(?<!": )({"|".join(variables)})', lambda found: variables[found[1]], text)


def by_pgbench(shop: Shop, script: Path, orders: int) -> float:
    """Transactions per second by pgbench in the servers' place. Each client's orders are its own customers'."""
    from orders.models import Order

    fill_carts()
    before = Order.objects.count()
    program = Path(sysconfig.get_path("platlib"), INSTALLATION, "bin", "pgbench")
    command = [
        str(program), "--no-vacuum", f"--client={CLIENTS}", f"--transactions={orders}", f"--file={script}",
        "--define=n=0", "--host=127.0.0.1", f"--port={shop.postgres.port}", "--username=postgres", "postgres",
    ]  # fmt: skip
    with machine.pinned(machine.SERVER):
        done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or not found or Order.objects.count() != before + orders * CLIENTS:
        raise Failed(f"pgbench: {done.stdout}{done.stderr}")
    return float(found[1])
