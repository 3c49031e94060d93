"""Crowds of clients send half a body, half a head or nothing, through a proxy that streams, while customers order.

No customer waits for them, and no answer is a 5xx.
"""

import socket
import time
from contextlib import ExitStack

from drills import require
from drills.load import Load
from drills.proxy import Wire
from drills.shop import open_shop

POST = b"POST /api/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
HALVES = (POST + b"Content-Length: 1000\r\n\r\n{", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", POST, b"")


def drill(short: bool) -> dict:
    with open_shop(web=1, ws=1) as shop:
        with Wire(shop.web[0].port, shop.ws[0].port) as proxy:
            with Load(proxy.port, customers=4, sockets=shop.ws[0].port) as load, ExitStack() as crowd:
                for _ in range(10 if short else 75):
                    for half in HALVES:
                        sender = crowd.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=30))
                        sender.sendall(half)
                time.sleep(5 if short else 30)
            figures = load.settle()
        require(set(figures["answers"]) <= {200, 201}, f"answers {figures['answers']}")
        return figures | {"books": shop.check_integrity()}
