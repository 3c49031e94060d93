"""kill -9 of web, ws and mail sender, one after another, while customers order through the proxy.

Nothing acknowledged is lost and nothing is doubled; with one of two gone the other carries on.
"""

import time

from drills.load import Load, require_recovery
from drills.proxy import Wire
from drills.shop import open_shop


def drill(short: bool) -> dict:
    recoveries = []
    with open_shop(web=2, ws=1, mail=True) as shop:
        servers = [*shop.web, *shop.ws]
        with Wire(*(server.port for server in servers)) as proxy:
            with Load(proxy.port, customers=8, sockets=shop.ws[0].port) as load:
                for victim in [*servers, *shop.of("mail")] * (1 if short else 5):
                    victim.kill()
                    recoveries.append(load.wait_for_progress(time.monotonic()))
                    victim.restart()
            figures = load.settle()
        require_recovery(recoveries)
        return figures | {"kills": len(recoveries), "seconds to recover": recoveries, "books": shop.check_integrity()}
