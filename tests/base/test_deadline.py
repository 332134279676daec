"""What takes too long stops, and what nobody waits for any more."""

from __future__ import annotations

import sqlite3
from itertools import count

import pytest

from kb.base import deadline
from kb.base.deadline import Deadline, GoneError, OverTimeError, within


def test_a_loop_ends_when_its_time_is_used_up() -> None:
    with within(Deadline(0.05)), pytest.raises(OverTimeError, match=r"0.05 秒内做不完"):
        for _ in deadline.checked(count()):
            pass


def test_a_loop_ends_when_whom_it_is_for_has_left() -> None:
    turns = count()
    with within(Deadline(60, lambda: next(turns) > 3)), pytest.raises(GoneError):
        for _ in deadline.checked(count()):
            pass


def test_without_a_deadline_nothing_is_stopped() -> None:
    deadline.check()
    assert list(deadline.checked([1, 2])) == [1, 2] and deadline.present() is None
    with within(Deadline(0)), deadline.lifted():
        deadline.check()


def test_time_stands_still_while_something_with_a_bound_of_its_own_is_done() -> None:
    once = Deadline(0.2)
    with once.paused():
        for _ in range(10_000_000):
            pass
    once.check()


def test_a_question_to_a_database_ends_in_time() -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with within(Deadline(0.05)):
        database = sqlite3.connect(":memory:")
        deadline.bound(database)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            database.execute(endless).fetchone()
        database.close()
