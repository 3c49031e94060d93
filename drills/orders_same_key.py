"""The same key 20 times in parallel, for 500 keys: one order and 20 equal answers each."""

from drills import require
from drills.orders_tools import Crowd, fill_carts, order, outcomes, people, run_with_control, stocked_products
from drills.shop import Shop

TWINS = 20


def drill(short: bool) -> dict:
    number = 25 if short else 500
    return run_with_control(lambda shop: keys(shop, number), lock="key", control=lambda shop: keys(shop, 5))


def keys(shop: Shop, number: int) -> dict:
    from orders.models import Order

    callers, rows = people(number), stocked_products(3, number)
    fill_carts(callers, rows)
    crowd, replays = Crowd(shop, TWINS), 0
    for place, caller in enumerate(callers):
        answers = crowd.at_once([order(caller, {"note": "tap"}, f"tap-{place}")] * TWINS)
        require(outcomes(answers) == {(201, None): TWINS}, f"to one key: {dict(outcomes(answers))}")
        require(all(answer.body == answers[0].body for answer in answers), "twins got different answers")
        replays += sum(answer.is_replay for answer in answers)
    require(Order.objects.count() == number, f"{Order.objects.count()} orders for {number} keys")
    return {"keys": number, "answers": number * TWINS, "replays": replays, "orders": Order.objects.count()}
