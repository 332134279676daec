"""What became of each section, and which characters differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kb.base.model import Document, Metadata, Provenance
from kb.chinese.identity import fold
from kb.compare.characters import characters
from kb.compare.sections import compare, counterpart
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest.pipeline import ingest
from kb.structure import outline

OLD = """示例市示例条例
第一条　为了规范示例行为，制定本条例。
第二条　示例机关应当在十日内受理示例申请。
申请人可以撤回示例申请。
第三条　示例费用由申请人承担，示例机关不得另行收取。
第四条　本条例自公布之日起施行。
"""
NEW = """示例市示例条例
第一条　为了规范示例行为，制定本条例。
第二条　示例工作应当坚持公开、公平、便民的原则。
第三条　示例机关应当在五日内受理示例申请。
申请人可以撤回示例申请。
第四条　本条例自公布之日起施行。
"""
TEXT = st.text("第一二三条款（）、。示例\n　", max_size=60)


def document(text: str) -> Document:
    return Document("示例", "examples", Metadata("示例"), Provenance("", "", "", ""), outline.parse(text))


def changes(old: str, new: str) -> list[tuple[str, str, str]]:
    pairs = compare(document(old), document(new)).pairs
    return [(pair.change, pair.old.anchor if pair.old else "", pair.new.anchor if pair.new else "") for pair in pairs]


def test_an_article_with_another_number_is_still_that_article() -> None:
    assert changes(OLD, NEW) == [
        ("same", "title", "title"),
        ("same", "art-1", "art-1"),
        ("added", "", "art-2"),
        ("changed", "art-2", "art-3"),
        ("removed", "art-3", ""),
        ("same", "art-4", "art-4"),
    ]


def test_what_only_changed_its_number_or_its_place_is_told_apart() -> None:
    assert ("renumbered", "art-1", "art-2") in changes(
        "第一条　甲乙丙丁。\n", "第一条　戊己庚辛。\n第二条　甲乙丙丁。\n"
    )
    swapped = changes(
        "一、甲乙丙丁。\n二、戊己庚辛。\n三、子丑寅卯。\n", "一、戊己庚辛。\n二、子丑寅卯。\n三、甲乙丙丁。\n"
    )
    assert swapped == [("renumbered", "2", "1"), ("renumbered", "3", "2"), ("moved", "1", "3")]


def test_a_paragraph_is_followed_into_its_article() -> None:
    there = counterpart(document(OLD), document(NEW), "art-2-p2")
    assert there and there.anchor == "art-3-p2"
    assert counterpart(document(OLD), document(NEW), "art-3") is None
    assert counterpart(document(OLD), document(NEW), "art-99") is None


def test_characters_show_what_a_reader_would_mark() -> None:
    runs = characters("应当在十日内受理示例申请", "应当在五个工作日内受理示例申请")
    assert [(run.kind, run.text) for run in runs if run.kind != "same"] == [("deleted", "十"), ("inserted", "五个工作")]


def test_blanks_alone_are_kept_where_all_else_went() -> None:
    runs = characters("甲", "　")
    assert [(run.kind, run.text) for run in runs] == [("deleted", "甲"), ("same", "　")]


@hypothesis_settings(max_examples=150)
@given(TEXT, TEXT)
def test_nothing_is_lost_or_made_up(old: str, new: str) -> None:
    pairs = compare(document(old), document(new)).pairs
    assert "".join(pair.new.text for pair in pairs if pair.new) == document(new).text
    assert sorted(pair.old.text for pair in pairs if pair.old) == sorted(each.text for each in document(old).walk())
    for pair in pairs:
        before = "".join(run.text for run in pair.runs if run.kind != "inserted")
        assert fold(before) == fold(pair.old.text if pair.old else "")
        assert "".join(run.text for run in pair.runs if run.kind != "deleted") == (pair.new.text if pair.new else "")


@given(TEXT)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert {pair.change for pair in compare(document(text), document(text)).pairs} <= {"same"}


# What the published tables of comparison of 公司法 2018 and 2023 say.
COMPANY_LAW = {"art-1": "art-1", "art-20": "art-21", "art-63": "art-23", "art-147": "art-179", "art-149": "art-188"}


@pytest.fixture(scope="module")
def company_law(laws: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Document, Document]:
    folder = tmp_path_factory.mktemp("company")
    settings = Settings(folder / "corpus", folder / "index", "127.0.0.1", 0, 10_000_000, 60)
    corpus = Corpus(settings.corpus)
    ingest(sorted(laws.rglob("公司法(20*.md")), corpus, settings, "laws")
    return corpus.read("公司法(2018-10-26)"), corpus.read("公司法(2023-12-29)")


def test_a_law_written_anew_is_followed_article_by_article(company_law: tuple[Document, Document]) -> None:
    found = compare(*company_law)
    became = {anchor: section and section.anchor for anchor in COMPANY_LAW if (section := found.became(anchor))}
    assert became == COMPANY_LAW
    assert found.counts["added"] + found.counts["removed"] < found.counts["changed"]


PRINTED_OTHERWISE = [
    ("第一条　为了规范示例奖励,制定本办法。", "第一条　为了规范示例奖励，制定本办法。"),
    ("第一条　奖励包括：(一)证书;(二)奖金。", "第一条　奖励包括：（一）证书；（二）奖金。"),
    ("第一条　人员不少于2人；分为“甲”与“乙”。", "第一条　人员不少于２人；分为「甲」与「乙」。"),
    ("第一条　比例尺为1:500，温度4℃。", "第一条　比例尺为1∶500，温度4°C。"),
]


@pytest.mark.parametrize(("old", "new"), PRINTED_OTHERWISE)
def test_what_is_only_printed_otherwise_is_the_same(old: str, new: str) -> None:
    assert {pair.change for pair in compare(document(old), document(new)).pairs} == {"same"}
    assert [run.kind for run in characters(old, new)] == ["same"]


def test_of_a_section_that_changed_only_the_words_are_marked() -> None:
    runs = characters("奖金;不超过一万元(含税)。", "奖金；不超过三万元（含税）。")
    assert [(run.kind, run.text) for run in runs if run.kind != "same"] == [("deleted", "一"), ("inserted", "三")]
    assert "".join(run.text for run in runs if run.kind != "deleted") == "奖金；不超过三万元（含税）。"
