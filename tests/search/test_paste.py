"""What comes along with a copy is tried away, one thing after the other, and said."""

from __future__ import annotations

import time

import pytest

from kb.search.query.matching import AllOf, AnyOf, Exact
from kb.search.query.paste import articles, cleaned, is_furniture, joined, paragraphs
from kb.search.query.query import parse, readings

SENTENCE = "示例机关应当自受理申请之日起六十日内作出示例决定"


@pytest.mark.parametrize(
    "line",
    [
        *(
            "12",
            "- 12 -",
            "— 12 —",
            "－12－",
            "· 12 ·",
            "第12页",
            "第 12 页 共 30 页",
            "第12页/共30页",
            "12/30",
            "Page 3 of 9",
        ),
        *("https://www.example.gov.cn/zc/1.html 3/12", "2024/3/1 10:22 示例市人民政府", "共 30 页 第 12 页", "iv"),
    ],
)
def test_the_foot_of_a_page_is_tried_away(line: str) -> None:
    first, second, *_ = readings(f"{SENTENCE[:12]}\n{line}\n{SENTENCE[12:]}")
    assert first.told == "" and second.root == AllOf((Exact(SENTENCE),)) and line in second.told


@pytest.mark.parametrize("line", ["第十二条", "二〇二一年", "-听证", "1. 申请", "2021年5月", "标题:办法"])
def test_a_line_of_text_is_no_foot(line: str) -> None:
    text = f"{SENTENCE[:12]}\n{line}\n{SENTENCE[12:]}"
    assert all(line not in each.removed for each in cleaned(text))
    assert all(not each.conditions and not each.excluded for each in readings(text))


@pytest.mark.parametrize("mark", ["①", "㉒", "❶", "[1]", "［12］", "〔3〕", "[注1]", "²", "†"])
def test_marks_of_notes_are_tried_away(mark: str) -> None:
    tried = list(readings(f"{SENTENCE[:9]}{mark}{SENTENCE[9:]}"))
    assert tried[-1].root == AllOf((Exact(SENTENCE),)) and f"“{mark}”" in tried[-1].told
    assert tried[0].root != tried[-1].root


@pytest.mark.parametrize(
    "text", [f"• {SENTENCE}", f"“{SENTENCE[:9]}\n{SENTENCE[9:]}。”", f"「{SENTENCE}」，", f"> {SENTENCE}；"]
)
def test_bullets_and_what_stands_around_are_tried_away(text: str) -> None:
    assert AllOf((Exact(SENTENCE),)) in [query.root for query in readings(text)]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("自 2021 年 11 月 1 日起施行", "自2021年11月1日起施行"),
        ("100 万元以上 500 万元以下", "100万元以上500万元以下"),
        ("第 二十 条", "第二十条"),
        ("GB 18667", "GB18667"),
        ("GB/T 9704 — 2012", "GB/T9704—2012"),
        ("1 000 000 元", "1000000元"),
        ("汕濠府〔 2020 〕 75 号", "汕濠府〔2020〕75号"),
        ("不低于 5 %", "不低于5%"),
        ("行政复议 听证", "行政复议 听证"),
        ("Supply Chain", "Supply Chain"),
    ],
)
def test_blanks_that_only_part_what_is_set_otherwise(text: str, plain: str) -> None:
    assert joined(text) == plain


def test_blanks_part_strings_where_the_whole_is_not_found_and_that_is_said() -> None:
    whole, parted = list(readings("处罚 2021"))[:2]
    assert whole.required == ("处罚2021",) and parted.required == ("处罚", "2021")
    assert "按空格分开找的" in parted.told


def test_an_ellipsis_is_a_gap_where_it_is_not_there_itself() -> None:
    tried = list(readings("示例机关……作出示例决定"))
    assert tried[0].required == ("示例机关…作出示例决定",)
    assert tried[-1].root == AllOf((Exact("示例机关"), Exact("作出示例决定"))) and "省略号" in tried[-1].told


def test_articles_pasted_together_are_looked_for_each() -> None:
    text = "第一条　为了规范示例行为，制定本条例。\n第二条　示例机关负责\n示例工作。"
    assert [len(piece) for piece in articles(text)] == [19, 16]
    last = list(readings(text))[-1]
    pieces = ("第一条为了规范示例行为,制定本条例。", "第二条示例机关负责示例工作")
    assert last.pieces == pieces and last.root == AllOf((AnyOf(tuple(map(Exact, pieces))),))


def test_paragraphs_end_with_their_sentence() -> None:
    assert paragraphs("甲示例工作应当\n公开。\n乙示例工作应当便民。\n\n丙") == [
        "甲示例工作应当\n公开。",
        "乙示例工作应当便民。",
        "丙",
    ]


@pytest.mark.parametrize(
    ("full", "half"),
    [
        ("行政＊决定", "行政*决定"),
        ("第？？条", "第??条"),
        ("复议 －听证", "复议 -听证"),
        ("甲 ＯＲ 乙", "甲 OR 乙"),
        ("甲 ｜ 乙", "甲 | 乙"),
    ],
)
def test_full_width_operators_are_operators(full: str, half: str) -> None:
    assert parse(full).root == parse(half).root


def test_one_full_width_question_mark_is_text_before_it_is_a_wildcard() -> None:
    first, *others = readings("第？条")
    assert first.root == AllOf((Exact("第?条"),)) and parse("第?条").root in [query.root for query in others]


def test_quotes_around_all_of_it_mean_this_very_string() -> None:
    assert parse('"示例\n机关"').exact and parse('"示例\n机关"').required == ("示例机关",)


@pytest.mark.parametrize(
    "line", ["{}", "-{}-", "1{}", "第 1 页{}", "第1{}页", "第1页（共{}", "{}页", "2021-01-02{}", "12/{}"]
)
def test_a_line_of_blanks_is_read_in_a_moment(line: str) -> None:
    began = time.process_time()
    for blank in (" ", "-", "\t", "\u3000"):
        assert not is_furniture(line.format(blank * 20_000) + "某")
    assert time.process_time() - began < 2  # by giving back one blank after the other it took hours
