"""Every way of losing something has to be found by the account of a day."""

from decimal import Decimal

import pytest

from drills.day.ledger import Board, Books, Ledger, figures, is_kept, losses, minutes_to_ready
from drills.day.report import lines

LIMITS = {"FIRST30": (1, None), "MORNING10": (None, 1)}


def order(pk: int, **values) -> dict:
    events = [{"status": status, "at": f"2026-11-27T09:0{minute}:00+00:00"} for minute, status in enumerate(EVENTS)]
    return {
        **{"id": pk, "version": 5, "status": "completed", "branch": "main", "channel": "app", "user": {"id": 7}},
        **{"subtotal_price": "9.00", "total_price": "8.00", "discounts": [{"code": "FIRST30"}]},
        **{"items": [{"quantity": 2, "free_quantity": 1}], "events": events, "pickup_at": None},
        **{"created_at": "2026-11-27T09:00:00+00:00", "first_promised_at": "2026-11-27T09:04:00+00:00"},
        **values,
    }


EVENTS = ["pending", "accepted", "preparing", "ready", "completed"]


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(keys={"one": 1}, messages={"hello": 1})
    ledger.note(order(1))
    ledger.earn(1)
    return ledger


@pytest.fixture
def books() -> Books:
    totals = {"orders": 1, "cups": 2, "gross": "9.00", "discounts": "1.00", "net": "8.00"}
    service = {"ready_by_promise": 1, "cancelled": 0}
    return Books({1: "completed"}, {"hello"}, sales={"totals": totals}, service=service, stamps={7: 1})


@pytest.fixture
def board() -> Board:
    return Board("main-bar", "main", {1}, {1: "completed"})


def test_nothing_is_lost_when_all_agree(ledger, books, board):
    assert list(losses(ledger, books, [board], LIMITS)) == []


def damage_orders(ledger, books, board):
    return {
        "was acknowledged and is not there": lambda: books.orders.clear(),
        "nobody ordered it": lambda: books.orders.update({2: "pending"}),
        "was never answered": lambda: ledger.keys.update(two=None),
        "answers several keys": lambda: ledger.keys.update(two=1),
        "was said to be completed and is ready": lambda: books.orders.update({1: "ready"}),
        "used 2 times, 1 were allowed": lambda: ledger.note(order(2)),
        "used 2 times by one customer": lambda: [ledger.note(with_code(2)), ledger.note(with_code(3))],
        "earned 1 stamps, the card says 2": lambda: books.stamps.update({7: 2}),
        "says net 7.00": lambda: books.sales["totals"].update(net="7.00"),
        "says orders 0": lambda: books.sales["totals"].update(orders=0),
        "says ready_by_promise 0": lambda: books.service.update(ready_by_promise=0),
        "says cancelled 1": lambda: books.service.update(cancelled=1),
        "never showed order 1": lambda: board.shown.clear(),
        "shows order 1 as preparing": lambda: board.book.update({1: "preparing"}),
        "told twice": lambda: board.odd.append("(1, 5) was told twice in one connection"),
        "message hello was never acknowledged": lambda: ledger.messages.update(hello=None),
        "message hello was acknowledged and is not there": lambda: books.messages.clear(),
        "messages are there twice": lambda: setattr(books, "doubled_messages", 1),
        "PATCH orders/…/: 500": lambda: ledger.odd.append("PATCH orders/…/: 500"),
    }


def with_code(pk: int) -> dict:
    return order(pk, discounts=[{"code": "MORNING10"}])


@pytest.mark.parametrize("text", damage_orders(Ledger(), Books(), None))
def test_every_loss_is_found_and_named(ledger, books, board, text):
    damage_orders(ledger, books, board)[text]()

    assert any(text in lost for lost in losses(ledger, books, [board], LIMITS))


def test_older_picture_of_an_order_changes_nothing(ledger):
    ledger.note(order(1, version=4, status="ready"))

    assert ledger.orders[1]["status"] == "completed"


def test_board_need_not_show_what_was_moved_away(ledger, books):
    other = Board("park-bar", "park", set(), {})
    ledger.branches[1].add("park")

    assert list(losses(ledger, books, [other], LIMITS)) == []


def test_cancelled_order_gives_its_code_back(ledger):
    ledger.note(order(2, status="cancelled"))

    assert ledger.uses_of_codes() == {"FIRST30": 1}


def test_counter_order_earns_nobody_a_stamp(ledger):
    ledger.note(order(2, channel="counter"))
    ledger.earn(2)

    assert ledger.earned == {7: 1}


def test_order_taken_back_is_ready_the_last_time():
    again = order(1)
    again["events"] += [{"status": "ready", "at": "2026-11-27T09:05:00+00:00"}]

    assert (minutes_to_ready(again), is_kept(again), is_kept(order(1))) == (5, False, True)


def test_scheduled_order_has_no_minutes_to_ready():
    assert minutes_to_ready(order(1, pickup_at="2026-11-27T10:00:00+00:00")) is None


def test_figures_are_sums_of_what_customers_paid():
    assert figures([order(1), order(2)]) == {
        **{"orders": 2, "cups": 4},
        **{"gross": Decimal("18.00"), "discounts": Decimal("2.00"), "net": Decimal("16.00")},
    }


def test_print_tells_what_was_refused_and_why(ledger, books):
    ledger.refusals["POST orders/", "branch_paused"] += 3

    assert "        3  POST orders/  branch_paused" in list(lines(ledger, books))
