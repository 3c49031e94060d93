"""The mail server is down, silent and refusing, one after another, while customers order.

No order is refused because of it, and an e-mail for each arrives when the mail server is back.
"""

import time

from drills import require
from drills.load import Load
from drills.mailserver import mail_server, wait_until_sent
from drills.shop import open_shop

RETRY = 60 + 60  # seconds: what failed is tried again once a minute, and a silent server holds up ten e-mails a while


def drill(short: bool) -> dict:
    with (
        mail_server() as (server, wire),
        open_shop(web=1, ws=1, mail=True, EMAIL_URL=f"smtp://127.0.0.1:{wire.port}") as shop,
    ):
        with Load(shop.web[0].port, customers=2, pause=0.2, sockets=shop.ws[0].port, is_made=False) as load:
            for _ in range(1 if short else 3):
                break_and_mend(server, wire, seconds=2 if short else 15)
        figures = load.settle()
        require(set(figures["answers"]) <= {200, 201}, f"answers {figures['answers']}")
        if short:  # not as long as the sender would wait
            shop.manage("send_queued_mail")
        late = wait_until_sent(RETRY)
        require(shop.of("mail")[0].process.poll() is None, "the mail sender did not survive")
        return figures | server.compare(figures["orders"]) | {"seconds until all were sent": late}


def break_and_mend(server, wire, seconds: float) -> None:
    wire.cut()
    time.sleep(seconds)
    wire.heal()
    server.refuses = True
    time.sleep(seconds)
    server.refuses = False
    wire.fall_silent()
    time.sleep(seconds)
    wire.heal(break_old=True)
