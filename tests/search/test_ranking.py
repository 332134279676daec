"""In what order sections come: asked through the engine, on small corpora made by hand (示例)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kb.base.model import Document
from kb.search.contract.engine import Engine
from kb.search.open.engines import open_engine
from tests.search.conformance import places
from tests.search.shelf import Shelf, document, of_sections, section

FILLING = [document(f"other-{n}", f"第{n}项示例：本项规定的其他事务由主管部门另行办理。") for n in range(12)]


def asked(tmp_path: Path, query: str, *documents: Document) -> list[str]:
    """Index documents among others and answer the ids of what a query finds, best first, each once."""
    engine: Engine = open_engine(tmp_path)
    engine.update(Shelf(*FILLING, *documents))
    found = [document for document, _ in places(engine.search(query))]
    return [id for id in dict.fromkeys(found) if not id.startswith("other")]


def law(id: str, text: str, title: str = "示例法", **metadata: str) -> Document:
    return of_sections(id, section("art-1", text, number="第一条"), title=title, **metadata)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("低保怎么申请", "最低生活保障的申请由乡镇人民政府受理（示例）。"),
        ("酒驾会被怎样处罚", "饮酒后驾驶机动车的，处罚款（示例）。"),
        ("城管", "城市管理综合行政执法人员应当出示证件（示例）。"),
        ("公司把我辞退了", "用人单位解除劳动合同的，应当说明理由（示例）。"),
    ],
)
def test_other_words_for_what_is_asked_find_a_section(tmp_path: Path, said: str, text: str) -> None:
    assert asked(tmp_path, said, law("said", text))[:1] == ["said"]


def test_the_words_as_typed_come_before_other_words_for_them(tmp_path: Path) -> None:
    typed = document("typed", "示例：关于低保工作的说明，含有许多与此没有关系的文字，长而又长。")
    others = [law(f"same-{n}", "最低生活保障（示例）。", title="最低生活保障示例法") for n in range(3)]
    found = asked(tmp_path, "低保", typed, *others)
    assert found[0] == "typed" and len(found) == 4


def test_a_single_character_of_a_longer_word_stands_for_nothing(tmp_path: Path) -> None:
    assert asked(tmp_path, "预告登记", law("suit", "当事人可以提起诉讼，起诉应当递交起诉状（示例）。")) == []


def test_words_that_only_ask_do_not_order(tmp_path: Path) -> None:
    asking = document("asking", "示例：请问怎么办？是否可以？哪些可以，哪些不可以，怎么办才好？")
    telling = document("telling", "示例：出租人应当在七日内返还押金，另有约定的除外。")
    assert asked(tmp_path, "请问押金不返还怎么办？是否可以？", asking, telling)[0] == "telling"


def test_a_query_of_nothing_but_such_words_is_ranked_by_them(tmp_path: Path) -> None:
    once = document("once", "示例：这里说的是别的许多事情，末了才问一句怎么办。")
    often = document("often", "示例：怎么办？怎么办？")
    assert asked(tmp_path, "怎么办", once, often) == ["often", "once"]


TEXT = "出租人应当按照约定返还押金（示例）。"
LOCAL = {"issuer": "示例省人民代表大会常务委员会", "kind": "条例"}
NATION = {"issuer": "全国人民代表大会常务委员会", "kind": "法"}


def test_a_law_comes_before_a_local_rule_that_says_the_same(tmp_path: Path) -> None:
    local, nation = law("a-local", TEXT, "示例省租赁条例", **LOCAL), law("b-nation", TEXT, "示例租赁法", **NATION)
    assert asked(tmp_path, "押金应当返还吗", local, nation) == ["b-nation", "a-local"]
    assert asked(tmp_path / "typed", "返还押金", local, nation) == ["b-nation", "a-local"]


def test_the_rules_of_a_place_that_is_named_are_as_good_as_laws(tmp_path: Path) -> None:
    local, nation = law("a-local", TEXT, "示例省租赁条例", **LOCAL), law("b-nation", TEXT, "示例租赁法", **NATION)
    assert asked(tmp_path, "示例省的押金应当返还吗", local, nation) == ["a-local", "b-nation"]


def test_the_text_in_force_comes_before_the_one_it_replaced(tmp_path: Path) -> None:
    old, new = (law(f"{date}-示例", TEXT, "示例租赁法", date=date, **NATION) for date in ("2010-01-01", "2020-01-01"))
    assert asked(tmp_path, "押金应当返还吗", old, new) == ["2020-01-01-示例", "2010-01-01-示例"]


def test_what_holds_comes_before_what_its_source_calls_repealed(tmp_path: Path) -> None:
    repealed, holding = law("a", TEXT, "甲租赁示例法", **NATION), law("b", TEXT, "乙租赁示例法", **NATION)
    repealed = replace(repealed, metadata=replace(repealed.metadata, labels={"有效性": "已废止"}))
    assert asked(tmp_path, "押金应当返还吗", repealed, holding) == ["b", "a"]


def test_words_that_stand_together_come_before_the_same_words_apart(tmp_path: Path) -> None:
    apart = document("a-apart", "示例：承租人逾期返还房屋，支付期间租金；出租人不得扣押，押金另行约定。")
    together = document("b-together", "示例：承租人支付押金的期间另行约定；出租人逾期返还押金，租金不得扣除。")
    assert asked(tmp_path, "出租人逾期返还押金怎么办", apart, together) == ["b-together", "a-apart"]


def test_what_is_only_a_heading_comes_after_what_it_stands_over(tmp_path: Path) -> None:
    chapter = section("ch-1", "第一章 押金返还", section("art-1", TEXT), number="第一章", heading="押金返还")
    engine = open_engine(tmp_path)
    engine.update(Shelf(*FILLING, of_sections("law", chapter, title="示例租赁法")))
    assert places(engine.search("押金何时返还"))[:2] == [("law", "art-1"), ("law", "ch-1")]


def test_a_document_that_is_all_about_it_comes_first(tmp_path: Path) -> None:
    passing = document("a-passing", TEXT, "无关的文字（示例）。", "其他事务（示例）。")
    about = document("b-about", TEXT, "押金不得超过一个月的租金（示例）。", "不返还押金的，处罚款（示例）。")
    assert asked(tmp_path, "押金怎么返还", passing, about)[0] == "b-about"


def test_a_heading_that_says_what_was_typed_comes_before_a_law_that_mentions_it(tmp_path: Path) -> None:
    headed = of_sections(
        "report",
        section("1", "1.深入推进行政复议体制改革。印发方案（示例）。", number="1.", heading="深入推进行政复议体制改革"),
    )
    mention = law("law", "第一条 对行政复议决定不服的，可以在十五日内起诉（示例）。", **NATION)
    assert asked(tmp_path, "行政复议", headed, mention) == ["report", "law"]


def test_a_basic_law_comes_before_another_law_and_both_before_a_local_rule(tmp_path: Path) -> None:
    text = "当事人应当按照约定返还押金（示例）。"
    basic = law("c", text, title="示例法典", kind="法律", issuer="全国人民代表大会")
    other = law("b", text, title="示例法规", kind="法律", issuer="全国人民代表大会常务委员会")
    local = law("a", text, title="示例条例", kind="地方性法规", issuer="示例市人民代表大会常务委员会")
    assert asked(tmp_path, "返还押金", local, other, basic) == ["c", "b", "a"]


@pytest.mark.parametrize("title", ["示例法修正案（三）", "关于修改《示例法》的决定"])
def test_what_amends_a_law_comes_after_the_law(tmp_path: Path, title: str) -> None:
    text = "当事人应当按照约定返还押金（示例）。"
    told = {"kind": "法律", "issuer": "全国人民代表大会常务委员会"}
    amending, amended = law("a", text, title=title, **told), law("b", text, title="示例法（示例文本）全", **told)
    assert asked(tmp_path, "返还押金", amending, amended) == ["b", "a"]


def test_a_replaced_rule_of_the_place_that_is_named_comes_after_the_present_one(tmp_path: Path) -> None:
    text = "当事人应当按照约定返还押金（示例）。"
    told = {"title": "示例市押金条例", "kind": "地方性法规", "issuer": "示例市人民代表大会常务委员会"}
    older, newer = law("a", text, date="2010-01-01", **told), law("b", text, date="2020-01-01", **told)
    assert asked(tmp_path, "示例市返还押金", older, newer) == ["b", "a"]
