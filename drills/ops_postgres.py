"""PostgreSQL crashes and comes back, again and again, while customers order.

Nothing acknowledged is lost and nothing is doubled; while it is away the answer is 503, never 500, and five seconds
after it is back everybody orders again, without a restart of ours.
"""

import time

from drills import require
from drills.load import Load, require_recovery
from drills.shop import open_shop


def drill(short: bool) -> dict:
    recoveries = []
    with open_shop(web=1, ws=1, mail=True) as shop:
        for port in (shop.web[0].port, shop.ws[0].port):
            with Load(port, customers=6, sockets=shop.ws[0].port) as load:
                for _ in range(1 if short else 5):
                    time.sleep(1)
                    shop.postgres.stop("immediate")
                    time.sleep(1.5)
                    shop.postgres.start()
                    recoveries.append(load.wait_for_progress(time.monotonic()))
            figures = load.settle()
        require_recovery(recoveries)
        require(shop.of("mail")[0].process.poll() is None, "the mail sender did not survive")
        return figures | {"crashes": len(recoveries), "seconds to recover": recoveries, "books": shop.check_integrity()}
