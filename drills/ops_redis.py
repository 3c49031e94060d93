"""Redis is flushed, stopped and started again while customers order.

HTTP hardly notices: no answer is a 5xx, and none takes much longer than usual.
"""

import time

from drills import require
from drills.load import Load
from drills.proxy import Wire
from drills.shop import open_shop


def drill(short: bool) -> dict:
    with open_shop(web=1, ws=1) as shop:
        with Wire(shop.web[0].port, shop.ws[0].port) as proxy:
            with Load(proxy.port, customers=6, sockets=shop.ws[0].port) as load:
                for _ in range(1 if short else 5):
                    shop.redis.ask("FLUSHALL")
                    time.sleep(0.5)
                    shop.redis.stop()
                    time.sleep(2)
                    shop.redis.start()
                    time.sleep(0.5)
            figures = load.settle()
        require(set(figures["answers"]) <= {200, 201}, f"answers {figures['answers']}")
        return figures | {"books": shop.check_integrity()}
