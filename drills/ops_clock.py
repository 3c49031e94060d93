"""The clock of one of two servers is wrong by half a minute, then by hours, while customers order at both.

Orders stay exactly once and the books balance. Tokens of the one are good at the other as long as their clocks differ
by less than a minute.
"""

import json
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request

from drills import require
from drills.load import Load
from drills.proxy import Wire
from drills.shop import HTTP, Process, open_shop

# Seconds; behind by much, a server takes nobody's new tokens, and ahead by more than they live, none at all.
LITTLE, MUCH = (45, -45), (3600, 0, 6 * 3600)
SETTINGS = {
    "ACCESS_TOKEN_SECONDS": str(24 * 3600),
    # A server that is hours ahead would end what nobody has accepted or fetched by its clock.
    "NOT_ACCEPTED_MINUTES": "0",
    "NOT_FETCHED_MINUTES": "1000000",
}
PASSWORD = "strong coffee 7"  # noqa: S105 - of a customer who lives for a minute


def drill(short: bool) -> dict:
    with open_shop(web=1, ws=1, **SETTINGS) as shop:
        clock = shop.logs / "clock"
        set_clock(clock, 0)
        shifted = shop.add("shifted", SHIFT=str(clock))
        shifted.restart()
        make_customer()
        with Wire(shop.web[0].port, shifted.port) as proxy:
            with Load(proxy.port, customers=6, sockets=shop.ws[0].port) as load:
                for shift in LITTLE if short else (*LITTLE, *MUCH):
                    set_clock(clock, shift)
                    if shift in LITTLE:
                        use_tokens_across(shop.web[0], shifted)
                    time.sleep(2 if short else 20)
            figures = load.settle()
        require(set(figures["answers"]) <= {200, 201}, f"answers {figures['answers']}")
        return figures | {"books": shop.check_integrity()}


def set_clock(clock: Path, shift: int) -> None:
    """In one step: a server reads it at every request, and must not find it empty."""
    new = clock.with_suffix(".new")
    new.write_text(str(shift))
    new.replace(clock)


def make_customer() -> None:
    from users.models import CustomUser

    CustomUser.objects.create_user("vera", "vera@example.com", PASSWORD, is_verified=True)


def use_tokens_across(*servers: Process) -> None:
    for here, there in (servers, reversed(servers)):
        token = json.loads(ask(here, "/api/token/", {"username": "vera", "password": PASSWORD}))["access"]
        ask(there, "/api/users/me/", None, Authorization=f"Bearer {token}")


def ask(server: Process, path: str, body: dict | None, **headers: str) -> bytes:
    data = body and json.dumps(body).encode()
    request = Request(server.url + path, data, {"Content-Type": "application/json", **headers})  # noqa: S310 -- ours
    try:
        with HTTP.open(request, timeout=30) as answer:
            return answer.read()
    except HTTPError as refusal:
        require(False, f"{server.kind} says {refusal.code} to {path}: {refusal.read()[:200]}")
