"""Places as people type them, or paste them from a citation."""

from __future__ import annotations

import pytest

from kb.chinese.identity import fold
from kb.chinese.title_keys import number_key
from kb.law.typed import readings
from kb.search.answer.columns import TITLE_MARKS, number_as_printed
from kb.search.open.engines import open_engine
from tests.law.laws import LAW, RULES, Shelf


def read(typed: str) -> list[tuple[str, str]]:
    return [(each.name, each.anchor) for each in readings(fold(typed).translate(TITLE_MARKS))]


@pytest.mark.parametrize(
    ("typed", "name", "anchor"),
    [
        ("公司法解释（三）第十三条", "公司法解释(三)", "art-13"),
        ("公司法司法解释三第13条第2款", "公司法司法解释三", "art-13-p2"),
        ("民法典§1165", "民法典", "art-1165"),
        ("刑264", "刑", "art-264"),
        ("刑法133-1", "刑法", "art-133-1"),
        ("旧公司法第二十六条", "公司法", "art-26"),
        ("《中华人民共和国刑法》（2023年修正）第133条之一。", "中华人民共和国刑法", "art-133-1"),
        ("《示例办法》（示府〔2018〕41号），第5条。", "示例办法", "art-5"),
        ("《示例报告》（2021年3月1日），一、（三）2。", "示例报告", "1-3-2"),
    ],
)
def test_a_typed_place_is_read(typed: str, name: str, anchor: str) -> None:
    assert (name, anchor) in read(typed)


@pytest.mark.parametrize(
    "printed",
    [
        "国发〔2019〕5号",
        "国发[2019] 5 号",
        "国发2019 5号",
        "国发（二〇一九）五号",
        "国发【2019】第5号",
        "国发（2019）第五号",
    ],
)
def test_one_reader_of_numbers_for_printing_and_for_keys(printed: str) -> None:
    assert number_key(printed) == "国发2019-5"
    assert number_as_printed(fold(printed)) == "国发(2019)5号"


def test_what_is_typed_leads_to_its_place_and_to_its_text(shelf: Shelf) -> None:
    title = "最高人民法院关于适用《中华人民共和国示例法》若干问题的规定（三）"
    shelf.put("规定", f"{title}\n第一条　示例。\n第二条　示例。\n", date="2011-01-01", issuer="最高人民法院")
    shelf.put("示例法", LAW, edition="2018-03-01", date="2018-03-01")
    shelf.put("示例法", LAW.replace("为了", "为着"), edition="2023-06-01", date="2023-06-01")
    shelf.put("示例办法", RULES, date="2015-04-01")
    shelf.update()
    engine = open_engine(shelf.store.path.parent, shelf.store)
    engine.update(shelf.corpus)
    for typed, document, anchor, version in (
        ("示例法解释三第2条", "规定", "art-2", ""),
        (f"{title}第2条。", "规定", "art-2", ""),
        ("《中华人民共和国示例法》（2018年修正）第2条。", "示例法", "art-2", "2018-03-01"),
        ("《中华人民共和国示例法》（2023年修正）第2条。", "示例法", "art-2", ""),
        ("示例法§1", "示例法", "art-1", ""),
    ):
        first = engine.search(typed).hits[0]
        assert (first.document, first.anchor, first.version[:10], first.direct) == (document, anchor, version, True)


def test_a_search_for_what_was_repealed_says_so(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, date="2009-12-01")
    shelf.update()
    engine = open_engine(shelf.store.path.parent, shelf.store)
    engine.update(shelf.corpus)
    assert any("示例旧法" in note and "废止" in note for note in engine.search("《示例旧法》第三条").notes)
    assert not any("废止" in note for note in engine.search("《示例虚构条例》第三条").notes)
