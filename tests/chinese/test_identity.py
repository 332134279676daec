"""What counts as the same character, and where each stands."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kb.chinese.identity import fold, fold_with_places

TEXTS = st.text(
    st.one_of(st.sampled_from("行政復議（）〔〕【】()“”'ＡａA1１ 　\n\t\u200b,，。-—○İß²①⼀"), st.characters())
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＯＡ終端，〔２０２０〕75号", "oa终端,(2020)75号"),
        ("【附件】［一］（二）〖三〗", "(附件)(一)(二)(三)"),
        ("“甲”「乙」＂丙＂‘丁’", '"甲""乙""丙"\'丁\''),
        ("第一条　为了\n保护 公民", "第一条为了保护公民"),
        ("the  Supply\u3000Chain Act 管 理 3 2", "the supply chain act管理3 2"),
        ("GB 18667 第 3 版 COVID 19", "gb18667第3版covid19"),
        ("1 000 000 元，2020 100 12 34", "1000000元,2020 100 12 34"),
        ("20\n21 年", "2021年"),
        ("二○二一年", "二〇二一年"),
        ("著作權法、着力", "著作权法、著力"),
        ("⼀⽅", "一方"),  # Kangxi radicals, as PDF converters write them
        ("公⺠ ⻓⻔ ⻅⻋ ⼾", "公民长门见车户"),  # supplementary ones, as browsers print them
        ("①²½10²", "①²½10²"),  # these mean something else than 1 2 1/2 102
        ("30㎡ 30m² 30m2 5㎞", "30m2 30m2 30m2 5km"),
        ("Ⅲ类、ⅳ级 ⑴⒈㈠", "iii类、iv级(1)1.(一)"),
        ("4℃ 4°C 4º", "4°c4°c4°"),
        ("№ ﬁnal oﬃce", "no final office"),
        ("1:500 1∶500 1﹕500 1：500", "1:500 1:500 1:500 1:500"),
        ("︵一︶﹙二﹚﹁三﹂", '(一)(二)"三"'),
        ("＊？｜－％／", "*?|-%/"),
        ("cafe\u0301", "café"),
        ("着作、显着、黒戸", "著作、显著、黑户"),
        ("行\ufffc政\x07复\u202a议\ufe0f第\u034f", "行政复议第"),
        ("《办法》……——、…—、...", "《办法》…-、…-、…"),
        ("\ufeff零\u200b宽\u00ad", "零宽"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXTS)
@example("İ\ud800ß")
@example("Ⅲ\u0301e\u0301—— —")
@example("M²")  # alone it is the mark of a note, after a unit it is a number
def test_every_folded_character_has_its_place(text: str) -> None:
    folded = fold_with_places(text)
    assert folded.text == fold(text) and len(folded.starts) == len(folded.ends) == len(folded.text)
    assert folded.starts == sorted(folded.starts) and folded.ends == sorted(folded.ends)
    for place, character in enumerate(folded.text):
        start, end = folded.span(place, place + 1)
        stood = text[start:end]
        raised = {"²": "2", "³": "3"}.get(stood) == character and fold(text[:start]).endswith("m")
        assert character in fold(stood) or raised or (character == " " and any(map(str.isspace, stood)))


@given(TEXTS)
def test_folded_text_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    fold(text).encode()


@given(TEXTS, TEXTS)
def test_lines_are_folded_each_by_itself(first: str, second: str) -> None:
    assert fold(f"{first}。\n第{second}") == fold(f"{first}。") + fold(f"第{second}")
