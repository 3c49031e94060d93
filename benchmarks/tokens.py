"""Cost of a token: a category, asked for with and without."""

from benchmarks import Table
from benchmarks.load import ask_once, expect, repeat, request, visit
from benchmarks.rounds import Pace, compared, take_turns
from benchmarks.stage import open_stage, perform

CLIENTS = 16
TRIVIAL = {"DJANGO_SETTINGS_MODULE": "benchmarks.trivial_settings"}


def bench(short: bool) -> list[Table]:
    with open_stage() as shop:
        from benchmarks.fill import bearer, fill_catalogue, people
        from products.models import Category

        fill_catalogue(1)
        path = f"/categories/{Category.objects.first().pk}/"
        token = bearer(people(1)[0])
        port = perform(shop, "web", **TRIVIAL).port
        payloads = {
            "anonymous": request("GET", path),
            "with a token": request("GET", path, Authorization=token),
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
    return [compared(f"One category, {CLIENTS} clients", series, to=["anonymous"])]
