"""SIGTERM to one server after the other, as a deploy does, while customers order through the proxy.

Every order is answered in the end, once: what a stopping server could not answer any more is repeated by its key.
"""

import time

from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import open_shop


def drill(short: bool) -> dict:
    stops, recoveries = [], []
    with open_shop(web=2, ws=2) as shop:
        web, ws = ([server.port for server in servers] for servers in (shop.web, shop.ws))
        with Wire(*web, *ws) as proxy, Wire(*ws) as sockets:
            with Load(proxy.port, customers=8, sockets=sockets.port) as load:
                for server in shop.processes * (1 if short else 5):
                    stops.append(round(server.stop(), 1))
                    recoveries.append(load.wait_for_progress(time.monotonic()))
                    server.restart()
            figures = load.settle()
        require_recovery(recoveries)
        return figures | {"seconds to stop": stops, "seconds to recover": recoveries, "books": shop.check_integrity()}
