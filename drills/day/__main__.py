"""`python -m drills.day [--branches N] [--orders N] [--speed N] [--faults] [--short] [--watch]`."""

import asyncio
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from CoffeeShop import demo
from drills import Failed
from drills.day import chain as chains
from drills.day import report
from drills.day.client import Town
from drills.day.clock import VARIABLE, DayClock
from drills.day.plan import ZONE, Plan, begin_now, parse
from drills.day.spending import Day
from drills.mailserver import mail_server
from drills.proxy import Wire
from drills.shop import Shop, open_shop
from processes import stop_on_signals

LEAD = 3  # true seconds that staff have until the doors open
SERVERS = {"day_web": 2, "day_ws": 2, "day_mail": 1}
SETTINGS = {
    "ACCESS_TOKEN_SECONDS": str(3 * 24 * 3600),  # of the day's clock
    "OPEN_ORDERS": "5",
    "NUM_PROXIES": "1",  # every phone has an address of its own, and says so
    "TEND_SECONDS": "1",  # true ones
}


def main(arguments: list[str]) -> int:
    plan = parse(arguments)
    stop_on_signals()
    began = time.monotonic()
    try:
        lost = run(plan)
    except Failed as error:
        print(f"  FAILED: {error}", flush=True)
        return 1
    print(report.row("seconds", round(time.monotonic() - began)), flush=True)
    return 1 if lost else 0


def run(plan: Plan) -> list[str]:
    """Returns what was lost."""
    with ExitStack() as stack:
        http, one = stack.enter_context(Wire()), stack.enter_context(Wire())
        mail, wire = stack.enter_context(mail_server())
        # Pages and sockets at one address, as behind a proxy: a browser's sockets must come from there.
        urls = {"SITE_URL": f"http://127.0.0.1:{one.port}", "EMAIL_URL": f"smtp://127.0.0.1:{wire.port}"}
        shop = stack.enter_context(open_shop(**SETTINGS, **urls))
        chain, clock_file = chains.build(plan), shop.logs / "clock"
        start(shop, clock_file)
        one.targets = [server.port for server in shop.of("day_ws")]
        http.targets = [*one.targets, *(server.port for server in shop.of("day_web"))]
        plan = begin_now(plan)
        clock = DayClock.set_to(plan.opens_at - timedelta(seconds=lead(plan) * plan.speed), plan.speed)
        clock.write(clock_file)
        announce(plan, chain, urls["SITE_URL"])
        town = Town(plan, clock, f"http://127.0.0.1:{http.port}", one.port)
        return asyncio.run(Day(town, shop, chain, mail.emails).spend())


def lead(plan: Plan) -> float:
    return 0 if plan.is_watched else LEAD


def start(shop: Shop, clock: Path) -> None:
    """One kind after another: a machine that is busy takes long enough for two at once."""
    for kind, number in SERVERS.items():
        started = [shop.add(kind, **{VARIABLE: str(clock)}) for _ in range(number)]
        for process in started:
            process.start()
        for process in started:
            process.wait_until_ready()


def announce(plan: Plan, chain: chains.Chain, here: str) -> None:
    print(
        f"\n=== a day of {plan.branches} branches, {plan.orders} customers, {plan.baristas} baristas at each, "
        f"{plan.speed:g} times as fast as a real one, seed {plan.seed}\n"
        f"  {plan.opens_at:%Y-%m-%d %H:%M} to {plan.closes_at:%H:%M}, {ZONE}",
        flush=True,
    )
    if plan.is_watched:
        announce_pages(chain, here)


def announce_pages(chain: chains.Chain, here: str) -> None:
    pages = {"Shop": "/", "Boards": "/board/", "Screen": "/board/main/screen/", "Admin": "/admin/"}
    print(*(f"  {name:<10}{here}{path}" for name, path in pages.items()), sep="\n")
    staff = {f"works at {slug}": accounts[0].username for slug, accounts in chain.staff.items()}
    people = dict.fromkeys((chain.admins[0].username, *staff.values()), chains.PASSWORD)
    people |= {name: password for name, _language, password in demo.PEOPLE}
    print("  Sign in as:", *(f"    {name} / {password}" for name, password in people.items()), sep="\n")
    print("  Ctrl-C ends it.", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
