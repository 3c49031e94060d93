"""What a token costs: one trivial route of the shop's, asked with and without."""

from benchmarks import Table
from benchmarks.load import ask_once, expect, repeat, request, visit
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import open_stage, perform

CLIENTS = 16
TRIVIAL = {"DJANGO_SETTINGS_MODULE": "benchmarks.trivial_settings"}


def bench(short: bool) -> list[Table]:
    with open_stage() as shop:
        from benchmarks.fill import bearer, people

        token = bearer(people(1)[0])
        port = perform(shop, "web", **TRIVIAL).port
        payloads = {
            "anonymous": request("GET", "/one-query/"),
            "with a token": request("GET", "/one-query/", Authorization=token),
        }
        answer = expect(ask_once(port, payloads["anonymous"]), 200)
        series = take_turns(
            {
                name: lambda seconds, payload=payload: (
                    visit(port, [repeat(payload, answer) for _ in range(CLIENTS)], seconds).rate
                )
                for name, payload in payloads.items()
            },
            Pace.of(short),
        )
    return [compared(f"A view of one query, {CLIENTS} clients", series, to=["anonymous"])]
