"""Answers that are kept, within a limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.base.cache import Remembered


@given(st.lists(st.integers(0, 9)), st.integers(0, 20))
def test_what_is_answered_is_right_and_what_is_kept_weighs_no_more_than_the_limit(asked: list[int], limit: int) -> None:
    answers = Remembered(limit, len)
    for key in asked:
        assert answers.get(key, lambda key=key: "x" * key) == "x" * key  # type: ignore[misc]
    made: list[int] = []
    for key in sorted(set(asked)):
        answers.get(key, lambda key=key: made.append(key) or "")  # type: ignore[misc,func-returns-value]
    assert sum(set(asked) - set(made)) <= limit


def test_the_latest_stay() -> None:
    kept = Remembered(2)
    for key in ("甲", "乙", "甲", "丙"):
        kept.get(key, key.lower)
    assert [kept.get(key, lambda: "made anew") for key in ("甲", "丙", "乙")] == ["甲", "丙", "made anew"]


def test_what_alone_outweighs_the_limit_is_answered_and_not_kept() -> None:
    kept = Remembered(2, len)
    assert [kept.get("甲", answer) for answer in ("LONG".lower, "SHORT".lower)] == ["long", "short"]


def test_one_too_heavy_does_not_put_the_others_out() -> None:
    kept = Remembered(4, len)
    kept.get("甲", "AB".lower)
    kept.get("乙", "TOO HEAVY".lower)
    assert kept.get("甲", "made anew".lower) == "ab"
