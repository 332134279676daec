from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.answer.suggestions import chinese, nearest


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "零"),
        (10, "十"),
        (12, "十二"),
        (102, "一百零二"),
        (110, "一百一十"),
        (1002, "一千零二"),
        (1165, "一千一百六十五"),
    ],
)
def test_numbers_as_articles_write_them(number: int, text: str) -> None:
    assert chinese(number) == text


@given(st.text("行政复议的之(1)", min_size=1, max_size=12), st.text("行政复议的之(1)", max_size=60))
def test_what_is_offered_occurs_as_often_as_it_says(string: str, text: str) -> None:
    for offered in nearest(string, lambda strings: [text.count(each) for each in strings]):
        assert offered.total == text.count(offered.text) > 0
