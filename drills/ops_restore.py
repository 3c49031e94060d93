"""A backup is taken while customers order, and restored into an empty database, as `docs/operations.md` says.

Every order acknowledged before it began is in it, its books balance, and a server on it takes orders.
"""

import time
from contextlib import closing

import psycopg2

from drills import require
from drills.load import Load
from drills.shop import Shop, open_shop


def drill(short: bool) -> dict:
    with open_shop(web=1, ws=1) as shop:
        backup = f"{shop.postgres.programs.home}/shop.dump"
        with Load(shop.web[0].port, customers=6, sockets=shop.ws[0].port) as load:
            time.sleep(3 if short else 60)
            promised = {order["id"] for customer in load.customers for order in list(customer.orders.values())}
            backing_up = seconds(shop, "pg_dump", "--format=custom", f"--file={backup}", "postgres")
        figures = load.settle()
        seconds(shop, "createdb", "restored")
        restoring = seconds(shop, "pg_restore", "--exit-on-error", "--dbname=restored", backup)
        url = shop.postgres.url.removesuffix("postgres") + "restored"
        restored = Shop(shop.postgres, shop.redis, shop.env | {"DATABASE_URL": url}, shop.logs)
        stored = orders_in(url)
        require(promised <= stored, f"{len(promised - stored)} orders are not in the backup")
        books = restored.check_integrity()
        order_anew(restored, load.customers[0])
        require(len(orders_in(url)) == len(stored) + 1, "the restored shop takes no orders")
    return figures | {
        "orders before the backup": len(promised),
        "orders in it": len(stored),
        "seconds to back up, to restore": [backing_up, restoring],
        "books": books,
    }


def seconds(shop: Shop, program: str, *arguments: str) -> float:
    began = time.monotonic()
    where = ["--host=127.0.0.1", f"--port={shop.postgres.port}", "--username=postgres"]
    shop.postgres.programs.run(program, *where, *arguments)
    return round(time.monotonic() - began, 1)


def orders_in(url: str) -> set[int]:
    with closing(psycopg2.connect(url)) as link, link.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order")
        return {pk for (pk,) in cursor.fetchall()}


def order_anew(shop: Shop, customer) -> None:
    server = shop.add("web")
    server.restart()
    try:
        customer.port, customer.link, customer.is_wanted = server.port, None, True
        customer.order("after-the-restore")
    finally:
        server.end()
