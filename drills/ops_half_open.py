"""The wires to Redis and to PostgreSQL fall silent: every packet is acknowledged, none arrives, nobody is told.

Orders go on without Redis. Without PostgreSQL every thread is busy for half a minute, then gives up its connection and
answers 503; five seconds after the wire is mended everybody orders again.
"""

import time

from drills import require
from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import open_shop, over_wires

SILENCE = 60  # seconds; see CoffeeShop/backends/client_timeout.py for how long threads wait


def drill(short: bool) -> dict:
    recoveries = []
    with open_shop() as shop, over_wires(shop, "web", "ws") as (database, redis):
        with Wire(*(server.port for server in shop.processes)) as proxy:
            with Load(proxy.port, customers=6, sockets=shop.ws[0].port) as load:
                for _ in range(1 if short else 3):
                    silence(redis, 3)
                    recoveries.append(load.wait_for_progress(time.monotonic()))
                before = load.figures()["answers"]
                require(set(before) <= {200, 201}, f"answers without Redis: {before}")
                for _ in range(1 if short else 3):
                    silence(database, SILENCE)
                    recoveries.append(load.wait_for_progress(time.monotonic()))
            figures = load.settle()
        require(503 in figures["answers"], "no thread gave up")
        require_recovery(recoveries)
        return figures | {
            "silences": len(recoveries),
            "seconds to recover": recoveries,
            "books": shop.check_integrity(),
        }


def silence(wire: Wire, seconds: float) -> None:
    wire.fall_silent()
    time.sleep(seconds)
    wire.heal(break_old=True)
