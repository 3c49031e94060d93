"""PostgreSQL allows fewer connections than there are threads, and more customers come than connections.

Who gets none is told 503 and comes again; five seconds after there are enough, everybody is served.
"""

import time

from drills import require
from drills.load import Load, is_good
from drills.shop import Process, Shop, open_shop

FEW = 6
ROLE = """
    CREATE ROLE shop LOGIN;
    GRANT pg_read_all_data, pg_write_all_data TO shop;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO shop
"""


def drill(short: bool) -> dict:
    figures = {}
    with open_shop(ws=1) as shop:
        execute(ROLE)
        for kind in ("web", "ws"):  # not both at once, or the first would leave none to the other
            execute(f"ALTER ROLE shop CONNECTION LIMIT {FEW}")
            server = shop.add(kind, DATABASE_URL=shop.postgres.url.replace("postgres@", "shop@"))
            server.restart()
            figures |= {f"{kind}: {what}": figure for what, figure in crowd(shop, server, 2 if short else 30).items()}
            server.end()
        return figures | {"books": shop.check_integrity()}


def crowd(shop: Shop, server: Process, seconds: float) -> dict:
    with Load(server.port, customers=24, sockets=shop.ws[-1].port) as load:
        time.sleep(seconds)
        execute("ALTER ROLE shop CONNECTION LIMIT -1")
        recovery = load.wait_for_progress(time.monotonic())
        enough = time.monotonic() + 5
        time.sleep(5 + seconds)
    figures = load.settle()
    late = [status for one in load.customers for when, status, _ in one.answers if when > enough]
    require(503 in figures["answers"], "there were enough connections: this drill proves nothing")
    require(recovery <= 5 and all(map(is_good, late)), f"recovered after {recovery} s, then {set(late)}")
    return figures | {"seconds to recover": recovery}


def execute(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
