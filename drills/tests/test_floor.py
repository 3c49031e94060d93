"""What boards and watching customers of a load notice."""

import asyncio

import pytest

from drills import Failed, floor
from drills.floor import Board, Floor


def order(version: int = 1, promised: str = "09:05", first: str = "09:05", **values) -> dict:
    times = {"promised_at": promised, "first_promised_at": first}
    moments = {name: f"2026-11-26T{time}:00Z" for name, time in times.items()}
    return {"id": 1, "version": version, "status": "pending", "branch": "main", "seen_at": None, **moments, **values}


def board_that_saw(*pictures: dict) -> Board:
    board = Board("", 0, "main")

    async def see() -> None:
        for picture in pictures:
            await board.put(picture)

    asyncio.run(see())
    return board


def test_promise_may_be_put_off_and_stays_known():
    assert board_that_saw(order(1), order(2, promised="09:09")).odd == []


@pytest.mark.parametrize("times", [{"promised": "09:04"}, {"first": "09:06", "promised": "09:06"}])
def test_promise_that_moves_otherwise_is_told(times):
    assert len(board_that_saw(order(1), order(2, **times)).odd) == 1


def test_late_picture_changes_nothing():
    board = board_that_saw(order(2, promised="09:09"), order(1))

    assert (board.odd, board.book[1]["version"]) == ([], 2)


def test_order_twice_in_a_connection_is_told():
    board = board_that_saw()

    for _ in range(2):
        asyncio.run(board.hear(order()))

    assert board.told_twice == [(1, 1)]


@pytest.fixture
def counter(monkeypatch) -> Floor:
    monkeypatch.setattr(floor, "WHOLE", 0.01)
    return Floor(0, "", ["anna"])


def test_board_without_an_open_order_fails(counter):
    counter.boards[0].book = {1: order()}

    with pytest.raises(Failed, match=r"show \[1, 0\] of 1 open"):
        counter.settle({1: 1})


def test_board_that_shows_what_is_over_fails(counter):
    counter.boards[0].book = {1: order()}

    with pytest.raises(Failed, match=r"of 0 open"):
        counter.settle({})


def test_order_that_a_board_was_told_twice_fails(counter):
    counter.boards[1].told_twice = [(1, 4)]

    with pytest.raises(Failed, match=r"\(1, 4\) twice"):
        counter.settle({})


def test_order_that_a_board_never_showed_fails(counter):
    counter.boards[0].seen_at = {1: 0.0}

    with pytest.raises(Failed, match="a board has never shown 1 of 1"):
        counter.require_shown({1}, {"anna": set()})


def test_own_order_that_a_customer_never_saw_fails(counter):
    with pytest.raises(Failed, match="a customer was never shown 1 of 1"):
        counter.require_shown(set(), {"anna": {1}})


def test_baristas_begin_each_order_once(counter):
    counter.boards[0].book = {1: order()}

    assert [counter.begin_next(), counter.begin_next()] == [order(), None]
