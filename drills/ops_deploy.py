"""SIGTERM to one server after the other, as a deploy does, while customers order through the proxy.

Every order is answered in the end, once: what a stopping server could not answer any more is repeated by its key.
"""

import time

from drills import require
from drills.load import Load
from drills.proxy import Wire
from drills.shop import open_shop


def drill(short: bool) -> dict:
    stops, recoveries = [], []
    with open_shop(web=2, ws=2) as shop:
        with Wire(*(server.port for server in shop.processes)) as proxy:
            with Load(proxy.port, customers=8) as load:
                for server in shop.processes * (1 if short else 5):
                    stops.append(round(server.stop(), 1))
                    recoveries.append(load.wait_for_progress(time.monotonic()))
                    server.restart()
            figures = load.settle()
        require(max(recoveries) <= 5, f"it took {recoveries} seconds to recover")
        return figures | {"seconds to stop": stops, "seconds to recover": recoveries, "books": shop.check_integrity()}
