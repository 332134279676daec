from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.chinese.identity import fold
from kb.search.answer.snippets import WIDTH, match_spans, snippet
from kb.search.query.query import parse

TEXTS = st.text("行政復議复议法。，（）\n　1a", max_size=400)
QUERIES = st.text("行政复议法1（", min_size=1, max_size=6)


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in match_spans(text, query)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("行政复议和行政復\n議", "行政复议", ["行政复议", "行政復\n議"]),
        ("汕濠府〔2020〕75号", "[2020]75", ["〔2020〕75"]),
        ("申请行政复议", "复议 申请", ["申请", "复议"]),
        ("申请行政复议", "申请行政 行政复议", ["申请行政复议"]),
        ("一切一切一切", "一切", ["一切", "一切", "一切"]),
        ("申请行政复议", "怎样申请行政复议", ["申请", "行政复议"]),
        ("申请行政复议", '"怎样申请"', []),
        ("申请行政复议", "申请 -复议", ["申请"]),
    ],
)
def test_match_spans(text: str, query: str, expected: list[str]) -> None:
    assert marked(text, query) == expected


@given(TEXTS, QUERIES)
def test_what_is_marked_is_the_query_and_nothing_is_left_unmarked(text: str, query: str) -> None:
    string = fold(query)
    spans = match_spans(text, f'"{query}"')
    assert all(fold(text[start:end]) == string for start, end in spans)
    assert len(spans) == fold(text).count(string)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@given(TEXTS, QUERIES)
def test_a_snippet_is_a_piece_of_the_text_that_shows_the_match(text: str, query: str) -> None:
    piece, highlights = snippet(text, parse(f'"{query}"'))
    assert piece in text
    assert bool(highlights) == (fold(query) in fold(text))
    shown = [fold(piece[start:end]) for start, end in highlights]
    assert not shown or fold(query) in shown


def test_a_snippet_shows_where_most_words_stand_together() -> None:
    text = "申请。" + "无关的文字。" * 40 + "申请行政复议" + "无关的文字。" * 40
    piece, highlights = snippet(text, parse("申请 复议"))
    assert [piece[start:end] for start, end in highlights] == ["申请", "复议"] and len(piece) == WIDTH


def test_a_match_longer_than_a_snippet_is_shown_whole() -> None:
    long = "很长的一句话" * 50
    piece, highlights = snippet(f"开头。\n{long}\n结尾。", parse(long))
    assert [piece[start:end] for start, end in highlights] == [long]


def test_without_a_match_the_text_shows_from_its_start() -> None:
    assert snippet("示例" * 200, parse('"没有"')) == (("示例" * 200)[:WIDTH], ())
