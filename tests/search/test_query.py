from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.base.errors import UsageError
from kb.chinese.identity import fold
from kb.search.query.conditions import Condition
from kb.search.query.matching import AllOf, AnyOf, Exact, Near, Node, Not, Wildcard
from kb.search.query.query import MAX_DEPTH, parse

QUERIED = '行政 "“”()（）*?~-|OR AND NOT 标题:日期：2021..条12 '


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
        ("- ——", ("-",), (), False),
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


AB, C = AnyOf((Exact("甲"), Exact("乙"))), Exact("丙")


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("甲 OR 乙", (AB,)),
        ("甲 | 乙 丙", (AB, C)),
        ("丙 AND 甲 OR 乙", (C, AB)),
        ("(甲 OR 乙) 丙", (AB, C)),
        ("（甲 OR 乙） 丙", (AB, C)),
        ("丙 -(甲 OR 乙)", (C, Not(AB))),
        ("丙 NOT 甲", (C, Not(Exact("甲")))),
        ("（甲 OR 乙）-丙", (AB, Not(C))),
        ("((甲 OR 乙) -丙) OR 丁", (AnyOf((AllOf((AB, Not(C))), Exact("丁"))),)),
        ('"甲 乙"~5', (Near(("甲", "乙"), 5),)),
        ('"甲 乙"～５', (Near(("甲", "乙"), 5),)),
        ('("甲 乙"~5 OR 丙)', (AnyOf((Near(("甲", "乙"), 5), C)),)),
        ("行政*决定", (Wildcard(("行政", "决定"), (0,)),)),
        ("第??条", (Wildcard(("第", "条"), (2,)),)),
        # None of these is an operator: text has them.
        ("(一)加强法治", (Exact("(一)加强法治"),)),
        ("(一)", (Exact("(一)"),)),
        ("（本文有删减）", (Exact("(本文有删减)"),)),
        ("48场(次)", (Exact("48场(次)"),)),
        ("法律顾问(室) 甲", (Exact("法律顾问(室)"), Exact("甲"))),
        ("是否合法?", (Exact("是否合法?"),)),
        ("*注", (Exact("*注"),)),
        ("COVID OR-7", (Exact("covid"), Exact("or-7"))),
        ("(Supply Chain)", (Exact("(supply"), Exact("chain)"))),
        ("http://www.haojiang.gov.cn", (Exact("http://www.haojiang.gov.cn"),)),
        ("“甲”~", (Exact('"甲"~'),)),
        ("效力:", (Exact("效力:"),)),
    ],
)
def test_operators_stand_where_no_text_has_them(text: str, nodes: tuple[Node, ...]) -> None:
    assert parse(text).root.nodes == nodes


@pytest.mark.parametrize(
    ("text", "conditions", "nodes"),
    [
        ("标题:办法 甲", (Condition("title", ("办法",)),), (Exact("甲"),)),
        ("甲 title：办法", (Condition("title", ("办法",)),), (Exact("甲"),)),
        ('机关:"濠江区 人民政府"', (Condition("issuer", ("濠江区 人民政府",)),), ()),
        ("文号:汕濠府〔2020〕75号", (Condition("number", ("汕濠府〔2020〕75号",)),), ()),
        ("文种:通知 OR 文种:公告", (Condition("kind", ("通知", "公告")),), ()),
        ("-文种:通知 甲", (Condition("kind", ("通知",), exclude=True),), (Exact("甲"),)),
        ("日期:2021..2022", (Condition("date", ("2021..2022",)),), ()),
        ("日期:2021年5月..", (Condition("date", ("2021-05..",)),), ()),
        ("日期:2021-11-22", (Condition("date", ("2021-11-22..2021-11-22",)),), ()),
        ("日期:2021至2022年", (Condition("date", ("2021..2022",)),), ()),
        ("日期:2022..2021", (Condition("date", ("2021..2022",)),), ()),
        ("日期：２０２１．．２０２２", (Condition("date", ("2021..2022",)),), ()),
        ("年份:２０２１", (Condition("year", ("2021",)),), ()),
        ("(标题:甲 OR 标题:乙) 年份:2021", (Condition("title", ("甲", "乙")), Condition("year", ("2021",))), ()),
        ("条:12", (Condition("article", ("art-12",)),), ()),
        ("条:第一百三十三条之一", (Condition("article", ("art-133-1",)),), ()),
        ("效力:现行有效 年份:2020", (Condition("validity", ("现行有效",)), Condition("year", ("2020",))), ()),
    ],
)
def test_fields_in_chinese_and_english(text: str, conditions: tuple[Condition, ...], nodes: tuple[Node, ...]) -> None:
    query = parse(text)
    assert (query.conditions, query.root.nodes, query.notes) == (conditions, nodes, ())


@pytest.mark.parametrize(
    ("text", "strings", "note"),
    [
        ("甲 OR", ("甲",), "OR 的两边都要有词"),
        ("OR 甲", ("甲",), "OR 的两边都要有词"),
        ("(甲 OR 乙", ("甲", "乙"), "括号没有配对"),
        ("甲 OR 乙) 丙", ("甲", "乙", "丙"), "括号没有配对"),
        ("(甲 OR 乙)丙", ("甲", "乙)丙"), "前后要空一格"),
        ("甲|乙", ("甲|乙",), "前后要空一格"),
        ("甲 or 乙", ("甲", "or", "乙"), "要大写"),
        ('"甲 乙"~100', ("甲乙",), "距离要写成"),
        ('"甲 乙"~-1', ("甲乙",), "距离要写成"),
        ("时点:2021-13-40 甲", ("时点:2021-13-40", "甲"), "不是可用的条件"),
        ("日期:2021-02-30.. 甲", ("日期:2021-02-30..", "甲"), "不是可用的条件"),
        ("日期:去年 甲", ("日期:去年", "甲"), "不是可用的条件"),
        ("条:附则", ("条:附则",), "不是可用的条件"),
    ],
)
def test_what_cannot_be_parsed_is_plain_words_with_a_note(text: str, strings: tuple[str, ...], note: str) -> None:
    query = parse(text)
    assert query.required == strings and note in query.notes[0] and not query.conditions


@pytest.mark.parametrize(
    ("text", "strings"),
    [
        ("标题:甲 OR 乙", ("乙",)),
        ("(标题:甲 OR 乙)", ("乙",)),
        ("丙 OR (标题:甲 OR 标题:甲)", ("丙",)),
        ("-(标题:甲 OR 标题:甲) 丙", ("丙",)),
    ],
)
def test_what_joins_a_condition_to_something_else_keeps_the_conditions(text: str, strings: tuple[str, ...]) -> None:
    query = parse(f"年份:2021 {text}")
    assert query.required == strings and "同一个字段" in query.notes[0]
    assert set(query.conditions) == {Condition("year", ("2021",)), Condition("title", ("甲",))}


def test_costly_queries_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="通配符"):
        parse(" ".join(f"甲{number}*乙" for number in range(1000))[:2000])


@pytest.mark.parametrize(
    "text",
    [
        "的*" * 300 + "龘",
        '"' + "甲 乙 " * 300 + '"~9',
        " ".join(f"{number}*甲*乙*丙*丁*戊*己" for number in range(6)),
    ],
)
def test_many_parts_of_wildcards_and_distances_are_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="所连的词语合计"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(NOT " * 300 + "a" + ")" * 300,
        "(a OR (" * 180 + "b" + ")" * 360,
        "（甲 OR （" * 180 + "乙" + "）" * 360,
        "(甲 OR -(" * 150 + "“乙”" + ")" * 300,
        "甲 " + "NOT " * 400 + "乙",
        "甲 " + "-(乙 OR " * 100 + "丙" + ")" * 100,
    ],
)
def test_a_query_that_is_nested_too_deep_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match=f"最多套 {MAX_DEPTH} 层"):
        parse(text)


def test_nesting_has_room() -> None:
    assert parse("(甲 OR " * MAX_DEPTH + "乙" + ")" * MAX_DEPTH).required == ("甲", "乙")
    assert parse("(" * 300 + "甲" + ")" * 300).required == ("(" * 300 + "甲" + ")" * 300,)  # text, no groups
    assert parse("甲 " * 999).required == ("甲",)


@pytest.mark.parametrize("text", ['"行政复议', '行政复议"', "“行政复议", '"行政 复议'])
def test_a_quote_without_its_partner_is_left_out_with_a_note(text: str) -> None:
    query = parse(text)
    assert "".join(query.required) == "行政复议" and "引号没有成对" in query.notes[0]


@given(st.one_of(st.text(max_size=200), st.text(QUERIED, max_size=40)))
def test_anything_is_understood_or_refused_in_words(text: str) -> None:
    try:
        query = parse(text)
    except UsageError as error:
        assert str(error).startswith(("请输入", "查询里只有", "通配符和邻近条件", "检索式里的括号"))
    else:
        assert query.text == text
        assert all(string and string == fold(string) for string in query.required)


@given(st.text("行政復議（）。，、；：1234abc", min_size=1, max_size=50))
def test_half_a_sentence_is_one_string(text: str) -> None:
    assert parse(text).required == (fold(text),)
