from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import UsageError
from kb.search.analysis import fold
from kb.search.matching import Exact
from kb.search.query import parse


@pytest.mark.parametrize(
    ("text", "required", "excluded", "exact"),
    [
        ("行政復議", ("行政复议",), (), False),
        ("行政复议　法治  监督", ("行政复议", "法治", "监督"), (), False),
        ("复议 复议", ("复议",), (), False),
        ('"行政 复议" 法治', ("行政复议", "法治"), (), True),
        ("“行政复议”", ("行政复议",), (), True),
        ("「行政复议」", ("行政复议",), (), True),
        ('"坚持“一国两制”方针"', ('坚持"一国两制"方针',), (), True),
        ("坚持“一国两制”方针", ('坚持"一国两制"方针',), (), False),
        ("“一国两制”方针", ('"一国两制"方针',), (), False),
        ('办法 -草案 -"征求意见"', ("办法",), ("草案", "征求意见"), False),
        ("2021-2022 a-b", ("2021-2022", "a-b"), (), False),
        ("- --", ("-", "--"), (), False),
        ("第一条　为了保护", ("第一条为了保护",), (), False),
        ("的规定。\n  (二)", ("的规定。(二)",), (), False),
        ('"', ('"',), (), False),
        ("。", ("。",), (), False),
    ],
)
def test_parse(text: str, required: tuple[str, ...], excluded: tuple[str, ...], exact: bool) -> None:
    query = parse(text)
    assert (query.required, query.excluded, query.exact, query.notes) == (
        required,
        tuple(map(Exact, excluded)),
        exact,
        (),
    )


@pytest.mark.parametrize("text", ['"行政复议', '行政复议"', "“行政复议", '"行政 复议'])
def test_a_quote_without_its_partner_is_left_out_with_a_note(text: str) -> None:
    query = parse(text)
    assert "".join(query.required) == "行政复议" and "引号没有成对" in query.notes[0]


@given(st.text(max_size=200))
def test_anything_is_understood_or_refused_in_words(text: str) -> None:
    try:
        query = parse(text)
    except UsageError as error:
        assert str(error).startswith(("请输入", "查询里只有"))
    else:
        assert query.text == text
        assert all(string and string == fold(string) for string in query.required)


@given(st.text("行政復議（）。，、；：1234abc", min_size=1, max_size=50))
def test_half_a_sentence_is_one_string(text: str) -> None:
    assert parse(text).required == (fold(text),)
