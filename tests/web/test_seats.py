"""Processes that share the readers: each leaves the next one to who has fewer, and nothing to who takes none."""

from __future__ import annotations

import pytest

from kb.web.site.seats import MORE, Seats


def called(seats: Seats, number: int) -> bool:
    seats.called[number].setblocking(False)
    try:
        return bool(seats.called[number].recv(100))
    except BlockingIOError:
        return False


def test_who_has_more_leaves_the_next_to_the_other_and_is_called_when_that_has_as_many() -> None:
    seats = Seats(2)
    assert seats.accepts(1, True, 0) and seats.accepts(0, True, MORE) and not seats.accepts(0, True, MORE + 1)
    assert not called(seats, 0)
    assert seats.accepts(1, True, 1) and called(seats, 0)
    assert seats.accepts(0, True, MORE + 1) and not called(seats, 1)


@pytest.mark.parametrize("why", ["slow", "silent", "not there"])
def test_nothing_is_left_to_who_takes_none(why: str) -> None:
    seats = Seats(2)
    assert seats.accepts(1, True, 0) and not seats.accepts(0, True, 50)
    if why == "slow":
        assert not seats.accepts(1, False, 0) and called(seats, 0)
    elif why == "silent":
        seats.all[1].beat -= 1
    else:
        seats.give(1, seats.all[1].beat + 60)
    assert seats.accepts(0, True, 50)


def test_among_many_those_with_too_many_do_not_call_one_another() -> None:
    seats = Seats(3)
    assert seats.accepts(2, True, 0)
    assert not seats.accepts(0, True, 10) and not seats.accepts(1, True, 10)
    assert not called(seats, 0) and not called(seats, 1)
    assert seats.accepts(2, True, 9) and called(seats, 0) and called(seats, 1) and not called(seats, 2)
