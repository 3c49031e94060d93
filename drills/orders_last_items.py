"""200 buyers want the last 7 items, in 50 rounds: each round exactly 7 are sold, and nobody gets a 5xx."""

from drills import require
from drills.orders_tools import Crowd, fill_carts, order, outcomes, people, run_with_control, stocked_products
from drills.shop import Shop

LAST = 7
SOLD, REFUSED = (201, None), (409, "cart_has_problems")


def drill(short: bool) -> dict:
    buyers, number = (40, 3) if short else (200, 50)
    return run_with_control(
        lambda shop: rounds(shop, buyers, number),
        lock="stock",
        control=lambda shop: rounds_without_constraints(shop, buyers),
    )


def rounds(shop: Shop, buyers: int, number: int) -> dict:
    from cart.models import CartItem
    from products.stock import save_branch_product

    callers, (row,) = people(buyers), stocked_products(1, LAST)
    crowd, answers = Crowd(shop, buyers), []
    for _ in range(number):
        CartItem.objects.all().delete()
        fill_carts(callers, [row])
        row.stock = LAST
        save_branch_product(row, changed=["stock"], by=None)
        found = crowd.at_once([order(caller) for caller in callers])
        row.refresh_from_db()
        require(outcomes(found) == {SOLD: LAST, REFUSED: buyers - LAST}, f"of the last {LAST}: {dict(outcomes(found))}")
        require(row.stock == 0, f"{row.stock} are left")
        answers += found
    return {"rounds": number, "buyers": buyers, "answers": dict(outcomes(answers))}


def rounds_without_constraints(shop: Shop, buyers: int) -> dict:
    """The lock's own work shows where the database does not make good for its absence."""
    from django.db import connection

    with connection.cursor() as cursor:
        for constraint in ("products_branchproduct_stock_not_negative", "products_branchproduct_stock_check"):
            cursor.execute(f"ALTER TABLE products_branchproduct DROP CONSTRAINT IF EXISTS {constraint}")
    return rounds(shop, buyers, 10)
