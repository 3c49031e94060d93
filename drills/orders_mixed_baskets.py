"""2,000 orders of mixed baskets in opposite orders by 32 clients: no deadlock reaches a client, the books balance."""

import random
import time

from drills import require
from drills.orders_tools import Crowd, fill_carts, order, outcomes, people, run_with_control, stocked_products
from drills.shop import Shop

CLIENTS = 32


def drill(short: bool) -> dict:
    number = 200 if short else 2000
    return run_with_control(lambda shop: orders(shop, number), lock="baskets", control=lambda shop: orders(shop, 100))


def orders(shop: Shop, number: int) -> dict:
    from products.models import BranchProduct

    rows, callers = stocked_products(8, 10 * number), people(number)
    chance = random.Random(7)  # noqa: S311 - the same baskets every time
    for caller in callers:
        fill_carts([caller], chance.sample(rows, chance.randint(2, 8)))
    began = time.monotonic()
    answers = Crowd(shop, CLIENTS).one_after_another([order(caller) for caller in callers])
    seconds = time.monotonic() - began
    require(outcomes(answers) == {(201, None): number}, f"of {number} orders: {dict(outcomes(answers))}")
    sold = sum(item["quantity"] for answer in answers for item in answer.body["items"])
    left = sum(BranchProduct.objects.values_list("stock", flat=True))
    require(left == len(rows) * 10 * number - sold, f"{left} are left, {sold} were sold")
    return {"orders": number, "items": sold, "orders per second": round(number / seconds)}
