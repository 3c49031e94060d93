"""50 parallel cancel, complete, cancel on one order, 200 rounds: one winner, and the stock comes back once or not."""

from collections import Counter

from drills import require
from drills.orders_tools import (
    Caller,
    Crowd,
    administrators,
    fill_carts,
    outcomes,
    people,
    run_with_control,
    stocked_products,
)
from drills.shop import Shop

MOVERS = 50
STATUSES = ["cancelled", "completed", "cancelled"]


def drill(short: bool) -> dict:
    number = 10 if short else 200
    return run_with_control(lambda shop: rounds(shop, number), lock="order", control=lambda shop: rounds(shop, 20))


def rounds(shop: Shop, number: int) -> dict:
    buyer, movers, (row,) = people(1)[0], administrators(MOVERS), stocked_products(1, 10)
    crowd, winners = Crowd(shop, MOVERS), Counter()
    for _ in range(number):
        order = ready_order(buyer, row, movers[0])
        before = stock(row)
        calls = [move(caller, order.pk, STATUSES[place % 3]) for place, caller in enumerate(movers)]
        answers = crowd.at_once(calls)
        winners[check(order, answers, stock(row) - before)] += 1
    return {"rounds": number, "movers": MOVERS, "winners": dict(winners)}


def ready_order(buyer: Caller, row, boss: Caller):
    from orders.placing import place_order
    from orders.services import change_status
    from products.stock import change_stock

    if stock(row) < 2:
        change_stock(row_id=row.pk, change=10, reason="delivered", by=boss.user)
    fill_carts([buyer], [row], quantity=2)
    order = place_order(user=buyer.user)
    for status in ("accepted", "preparing", "ready"):
        change_status(order_id=order.pk, to=status, by=boss.user)
    return order


def stock(row) -> int:
    row.refresh_from_db()
    return row.stock


def move(caller: Caller, order_id: int, status: str):
    return lambda server: caller.send(server, "PATCH", f"/api/orders/{order_id}/", {"status": status})


def check(order, answers: list, came_back: int) -> str:
    """Check that one status won: everybody who asked for the same gets 200, everybody else is refused."""
    order.refresh_from_db()
    asked = Counter(STATUSES[place % 3] for place in range(MOVERS))
    expected = {(200, None): asked[order.status], (409, "status_not_allowed"): MOVERS - asked[order.status]}
    require(outcomes(answers) == expected, f"{order.status}, but the answers are {dict(outcomes(answers))}")
    lines = [event.status for event in order.events.model.objects.filter(order=order, status__in=set(STATUSES))]
    require(lines == [order.status], f"the timeline ends with {lines}")
    require(came_back == (2 if order.status == "cancelled" else 0), f"{order.status}, and {came_back} came back")
    return order.status
