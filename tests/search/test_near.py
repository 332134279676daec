"""Wordings near a string: the best place in a text, how many edits, what differs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from kb.search.answer.near import align, allowed, difference, differs
from kb.search.open.engines import open_engine
from tests.search.shelf import Shelf, document

TEXT = "示例条例第六十二条规定，示例机关应当自受理申请之日起六十日内作出示例决定；但是法律规定少于六十日的除外。"
SENTENCE = "示例机关应当自受理申请之日起六十日内作出示例决定"


def edited(text: str, edits: int, draw: random.Random) -> str:
    for _ in range(edits):
        at = draw.randrange(1, len(text) - 1)
        text = draw.choice(
            (text[:at] + text[at + 1 :], text[:at] + "某" + text[at:], text[:at] + "错" + text[at + 1 :])
        )
    return text


@pytest.mark.parametrize("seed", range(40))
def test_a_slip_is_aligned_with_what_it_came_from(seed: int) -> None:
    draw = random.Random(seed)
    slip = edited(SENTENCE, draw.randint(1, 3), draw)
    found = align(slip, TEXT, allowed(len(slip)))
    assert found and abs(found.start - TEXT.index(SENTENCE)) <= 1
    assert found.distance == Levenshtein.distance(slip, TEXT[found.start : found.end]) <= 3


def test_what_is_not_there_is_not_near() -> None:
    assert align("海上救助由示例部门统一指挥协调并且报告", TEXT, 4) is None


def test_short_strings_are_taken_more_strictly() -> None:
    assert [allowed(length) for length in (2, 3, 4, 8, 9, 12, 20, 40)] == [0, 0, 1, 1, 2, 2, 5, 10]


@given(st.text("甲乙丙丁", min_size=1, max_size=12), st.text("甲乙丙丁", min_size=1, max_size=12))
def test_a_difference_makes_one_of_the_other(string: str, wording: str) -> None:
    found = difference(string, wording)
    assert "".join(each.text for each in found if each.kind != "inserted") == string
    assert "".join(each.text for each in found if each.kind != "deleted") == wording


@pytest.mark.parametrize(
    ("string", "wording", "said"),
    [
        ("应当在三十日内作出", "应当在六十日内作出", "数字"),
        ("可以责令停产停业", "应当责令停产停业", "应当"),
        ("不得收取费用", "收取费用", "不得"),
        ("罚款500元", "罚款5000元", "5000"),
        ("职工、消费者的利益", "职工，消费者等利益", ""),
        ("当事人不履行义务", "当事人一方不履行义务", ""),
        *(
            (f"由示例机关{word}办理", "由示例机关办理", "")
            for word in ("一律", "一并", "统一", "一般", "一次性", "一体")
        ),
        ("禁止单位收费", "禁止一切单位收费", ""),
        ("这项工作十分重要", "这项工作重要", ""),
        ("所列情形的", "所列情形之一的", ""),
        ("三分之一的面积", "三分之二的面积", "数字"),
        ("依照第一条办理", "依照第二条办理", "“一”，库里是“二”"),
        ("一审判决", "二审判决", "数字"),
        ("二十一方代表", "二十方代表", "二十一"),
    ],
)
def test_what_says_something_else_is_pointed_out(string: str, wording: str, said: str) -> None:
    assert said in "".join(differs(string, wording)) and bool(differs(string, wording)) == bool(said)


@pytest.mark.parametrize("slip", ["示例关机应当", "示机例关应当", "示例机构应当", "示例机关当", "示例机关应该当"])
def test_a_short_string_is_found_among_many_that_share_its_commonest_parts(tmp_path: Path, slip: str) -> None:
    engine = open_engine(tmp_path)
    alike = [
        document(f"a-{number:03}", f"机关应当公开第{number}项，示例也应当公开，某机关当日公开。")
        for number in range(80)
    ]
    engine.update(Shelf(*alike, document("z", "本条规定：示例机关应当受理申请。")))
    found = engine.search(slip).nearest
    assert [(one.document, one.distance) for one in found if "示例" in one.text][:1] == [("z", 1)], found
