"""The clock of one of two servers goes wrong while customers order at both: a little, then an hour each way.

Orders stay exactly once and the books balance. Tokens of the one are good at the other while their clocks differ by
less than a minute. Needs libfaketime.
"""

import time
from pathlib import Path

from drills import Failed
from drills.chat import LONG
from drills.load import Load
from drills.proxy import Wire
from drills.shop import open_shop

PLACES = ["/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1"]


def drill(short: bool) -> dict:
    library = next((str(path) for place in PLACES for path in Path("/").glob(place[1:])), None)
    if library is None:
        raise Failed("libfaketime is missing")
    with open_shop(web=1, **LONG) as shop:
        clock = shop.logs / "clock"
        clock.write_text("+0s")
        fake = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        shop.add("web", LD_PRELOAD=library, **fake).restart()
        with Wire(*(server.port for server in shop.processes)) as proxy:
            with Load(proxy.port, customers=6) as load:
                for shift in ("+45s", "-45s", "+1h", "+0s", "-1h") if not short else ("+45s", "-45s"):
                    clock.write_text(shift)
                    time.sleep(2 if short else 20)
            figures = load.settle()
        return figures | {"books": shop.check_integrity()}
