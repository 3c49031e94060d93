"""The wires to PostgreSQL and to Redis are cut and mended while customers order through web and ws.

Without PostgreSQL the answer is 503, without Redis it is the usual one; five seconds later everybody orders again.
"""

import time

from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import open_shop, over_wires


def drill(short: bool) -> dict:
    recoveries = []
    with open_shop() as shop, over_wires(shop, "web", "ws") as (database, redis):
        with Wire(*(server.port for server in shop.processes)) as proxy:
            with Load(proxy.port, customers=6, sockets=shop.ws[0].port) as load:
                for wire in [database, redis] * (1 if short else 10):
                    wire.cut()
                    time.sleep(2)
                    wire.heal()
                    recoveries.append(load.wait_for_progress(time.monotonic()))
            figures = load.settle()
        require_recovery(recoveries)
        return figures | {"cuts": len(recoveries), "seconds to recover": recoveries, "books": shop.check_integrity()}
