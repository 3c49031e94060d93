"""kill -9 of the Celery worker and of beat, one after another, while customers order: an e-mail for each order arrives.

E-mails are rows and the calls to send them come anew every ten seconds, so that no call has to survive.
"""

import time

from drills.load import Load
from drills.mailserver import mail_server, wait_until_sent
from drills.shop import open_shop

EVERY = 10  # seconds, see the schedule in CoffeeShop/celery.py


def drill(short: bool) -> dict:
    with mail_server() as (server, wire), open_shop(web=1, ws=1) as shop:
        broker = {"CELERY_BROKER_URL": shop.redis.url.removesuffix("0") + "1", "TMPDIR": str(shop.logs)}
        for kind in ("worker", "beat"):
            shop.add(kind, EMAIL_URL=f"smtp://127.0.0.1:{wire.port}", **broker).start()
        victims = [*shop.of("worker"), *shop.of("beat")] * (1 if short else 5)
        with Load(shop.web[0].port, customers=4, pause=0.1, sockets=shop.ws[0].port, is_made=False) as load:
            for victim in victims:
                time.sleep(1 if short else EVERY)
                victim.kill()
                victim.start()
        figures = load.settle()
        late = wait_until_sent(6 * EVERY)
        figures |= server.compare(figures["orders"])
        return figures | {"kills": len(victims), "seconds until all were sent": late, "books": shop.check_integrity()}
