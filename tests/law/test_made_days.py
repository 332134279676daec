"""The day from which a text surely holds, by when it was made."""

from __future__ import annotations

import pytest

from kb.law.timeline import surely_since


@pytest.mark.parametrize(
    ("made", "after"), [("2018-03-05", "2018-03-05"), ("2018-03", "2018-03-01"), ("2018", "2018-12-31")]
)
def test_a_text_of_a_day_a_month_or_a_year_surely_holds_some_time_after(made: str, after: str) -> None:
    assert surely_since(made) > after


def test_of_a_text_made_nobody_knows_when_nothing_is_sure() -> None:
    assert surely_since("") == ""
